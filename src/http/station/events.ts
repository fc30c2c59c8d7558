import type { FastifyReply } from 'fastify';
import type { Feed, FeedEvent } from '../../engine/station-feed.ts';
import type { Routes } from '../server.ts';
import { staffOf, whileThere } from './guard.ts';
import { asked, locationsOf } from './orders.ts';

/** Who reads slower than this many bytes behind is let go, and comes back. */
const mostBehind = 1_000_000;

/** `GET /station/api/events`: changes of orders as server-sent events, for as long as the session goes on. */
export function eventRoutes(feed: Feed): Routes {
  return (app) => {
    // Before the server waits for its connections to end: these would not.
    app.addHook('preClose', async () => feed.close());

    app.get('/station/api/events', async (request, reply) => {
      const { locations, sessionId } = staffOf(request);
      const header = request.headers['last-event-id'];
      const after = (typeof header === 'string' && header !== '' ? header : undefined) ?? asked(request, 'after');
      const some = locationsOf({ ...staffOf(request), locations }, asked(request, 'location'));
      const stream = openStream(reply);
      const stop = await whileThere(() =>
        feed.watch({ locations: some, sessionId, after, send: stream.send, beat: stream.beat, end: stream.end }),
      ).catch((error: unknown) => {
        if (!stream.isBegun()) throw error;
        stream.end();
        return () => undefined;
      });
      stream.begin();
      request.raw.once('close', stop);
      if (request.raw.destroyed) stop();
      return reply;
    });
  };
}

interface Stream {
  isBegun(): boolean;
  begin(): void;
  send(event: FeedEvent): void;
  beat(): void;
  end(): void;
}

/** Takes the answer out of the framework's hands at its first word: until then a failure is answered as any other. */
function openStream(reply: FastifyReply): Stream {
  let begun = false;
  const begin = () => {
    if (begun) return;
    begun = true;
    reply.hijack();
    reply.raw.writeHead(200, {
      ...(reply.getHeaders() as Record<string, string>),
      'content-type': 'text/event-stream; charset=utf-8',
      // A proxy that gathers what it passes on would keep it to itself.
      'x-accel-buffering': 'no',
    });
    reply.raw.write('retry: 2000\n\n');
  };
  const write = (text: string) => {
    begin();
    if (reply.raw.writableLength > mostBehind) reply.raw.destroy();
    else reply.raw.write(text);
  };
  return {
    isBegun: () => begun,
    begin,
    send: (event) => {
      const data = event.kind === 'order' ? event.order : {};
      write(`event: ${event.kind}\nid: ${event.cursor}\ndata: ${JSON.stringify(data)}\n\n`);
    },
    beat: () => write(': here\n\n'),
    end: () => {
      begin();
      reply.raw.end();
    },
  };
}

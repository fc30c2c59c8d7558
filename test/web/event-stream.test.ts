import fc from 'fast-check';
import { expect, test } from 'vitest';
import { parseEvents, type StreamEvent } from '../../src/web/event-stream.ts';

const stream =
  ': here\n\nid: 7\nevent: order\ndata: {"id":"SO-1"}\n\n: still here\n\nid: 8\r\nevent: list\r\ndata: {}\r\n\r\ndata: a\ndata: b\n\n';
const events: StreamEvent[] = [
  { type: 'order', data: '{"id":"SO-1"}', id: '7' },
  { type: 'list', data: '{}', id: '8' },
  { type: 'message', data: 'a\nb', id: null },
];

test('events arrive whole, wherever the network cuts the stream', () => {
  fc.assert(
    fc.property(fc.array(fc.nat(stream.length)), (cuts) => {
      const found: StreamEvent[] = [];
      const feed = parseEvents((event) => found.push(event));
      const places = [0, ...cuts.sort((one, other) => one - other), stream.length];
      for (const [index, start] of places.entries()) feed(stream.slice(start, places[index + 1] ?? stream.length));
      expect(found).toEqual(events);
    }),
  );
});

test('what was cut off before its end is no event', () => {
  const found: StreamEvent[] = [];
  parseEvents((event) => found.push(event))('event: order\ndata: {"id":');
  expect(found).toEqual([]);
});

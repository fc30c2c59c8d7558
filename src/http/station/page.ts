import { existsSync } from 'node:fs';
import { join } from 'node:path';
import fastifyStatic from '@fastify/static';
import type { Routes } from '../server.ts';

/** Where `npm run build:web` puts the page, whether the program runs unbuilt or from `dist`. */
const builtPage = join(import.meta.dirname, '../../..', import.meta.filename.endsWith('.ts') ? 'dist/web' : 'web');

/** Everything comes from here, and nothing that stands in the document itself runs: a name of an order or a product is never a script. */
const pageHeaders: Readonly<Record<string, string>> = {
  'content-security-policy':
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; media-src 'self'; connect-src 'self'; worker-src 'self'; manifest-src 'self'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'",
  'permissions-policy': 'camera=(self), microphone=(), geolocation=(), payment=(), usb=()',
};

const taken = [200, 206, 304];

/** `/station/`: the page for the warehouse. Its data come from `/station/api`; in the page itself there are none. */
export function pageRoutes(folder: string = builtPage): Routes {
  return (app) => {
    // A service worker may only look after what is below its own address.
    app.get('/station', (_request, reply) => reply.redirect('/station/', 308));
    if (!existsSync(join(folder, 'index.html'))) {
      app.get('/station/', (_request, reply) => {
        return reply.code(503).type('text/plain; charset=utf-8').send(notBuilt);
      });
      return;
    }
    app.addHook('onSend', async (request, reply) => {
      if (!taken.includes(reply.statusCode)) return;
      reply.headers(pageHeaders);
      // The name of an asset holds a hash of its content. All else is asked for again, so that a new release shows at the next load.
      const asset = request.url.startsWith('/station/assets/');
      reply.header('cache-control', asset ? 'public, max-age=31536000, immutable' : 'no-cache');
    });
    app.register(fastifyStatic, {
      root: folder,
      prefix: '/station/',
      decorateReply: false,
      preCompressed: true,
      cacheControl: false,
      dotfiles: 'ignore',
    });
  };
}

const notBuilt = `The page of the warehouse station is not built.

In a checkout, build it and start again:

    npm run build:web

A release has it built. Everything else of the bridge works without it.
`;

/**
 * Keeps the page itself, and nothing else: it opens without the server, with what the device knows.
 *
 * Answers of the server are never kept here and never given out of here. What the page shows of an order comes from
 * the server now, or from the page's own memory, which says how old it is.
 */

/** Put in by the build: the files of this build, by their path below this one, and a hash of all their content. */
declare const OTO_BRIDGE_SHELL: { readonly version: string; readonly files: readonly string[] };

const worker = globalThis as unknown as ServiceWorkerGlobalScope;
const prefix = 'oto-bridge.shell.';
const current = prefix + OTO_BRIDGE_SHELL.version;
const home = new URL('./', worker.location.href).pathname;
const shell = new Set(OTO_BRIDGE_SHELL.files.map((file) => home + file));

worker.addEventListener('install', (event) => {
  event.waitUntil(
    caches.open(current).then((cache) =>
      // Past the browser's own store: it might give files of an older build under the same name.
      cache.addAll([home, ...shell].map((path) => new Request(path, { cache: 'reload' }))),
    ),
  );
});

worker.addEventListener('activate', (event) => {
  event.waitUntil(
    (async () => {
      for (const other of await caches.keys())
        if (other.startsWith(prefix) && other !== current) await caches.delete(other);
      await worker.clients.claim();
    })(),
  );
});

worker.addEventListener('message', (event) => {
  // A newer page takes over when the person says so, not while they count.
  if (event.data === 'take-over') event.waitUntil(worker.skipWaiting());
});

worker.addEventListener('fetch', (event) => {
  const { request } = event;
  const { origin, pathname } = new URL(request.url);
  if (request.method !== 'GET' || origin !== worker.location.origin) return;
  const kept = request.mode === 'navigate' && pathname === home ? home : shell.has(pathname) ? pathname : null;
  if (kept === null) return;
  event.respondWith(fromShell(kept, request));
});

async function fromShell(path: string, request: Request): Promise<Response> {
  const cache = await caches.open(current);
  return (await cache.match(path)) ?? fetch(request);
}

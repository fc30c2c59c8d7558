import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { jsonOf, openSite, type Site, until } from '../support/process.ts';

const tlsFolder = join(import.meta.dirname, '../support/tls');

async function health(
  site: Site,
): Promise<{ healthy: boolean; worker: string; reason: string | null; code: number | null }> {
  const ended = await site.run('status', '--health');
  return { ...jsonOf<{ healthy: boolean; worker: string; reason: string | null }>(ended), code: ended.code };
}

/** A port that nobody listens at just now. */
async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await new Promise((resolve) => server.once('listening', resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}

test('where no worker listens, the database alone decides', async () => {
  const site = await openSite({ config: { http: { port: await freePort() } } });
  expect(await health(site)).toEqual({ healthy: true, worker: 'none', reason: null, code: 0 });
  site.network.cut();
  expect(await health(site)).toMatchObject({
    healthy: false,
    worker: 'none',
    code: 1,
    reason: expect.stringContaining('does not answer'),
  });
});

test('a worker answers for itself: ready, and not ready while its database is away', async () => {
  const site = await openSite({ config: { http: { port: await freePort() } } });
  const worker = site.start('run');
  await until('the worker is up', () => worker.stdout.includes('"running"'));
  expect(await health(site)).toEqual({ healthy: true, worker: 'ready', reason: null, code: 0 });
  site.network.cut();
  expect(await health(site)).toMatchObject({ healthy: false, worker: 'not ready', code: 1 });
  site.network.mend();
  await until('the worker is ready again', async () => (await health(site)).healthy);
  worker.signal('SIGTERM');
  expect((await worker.ended).code).toBe(0);
});

test('something else at the port is no worker', async () => {
  const server = createServer((_, response) => response.end('hello')).listen(0, '127.0.0.1');
  await new Promise((resolve) => server.once('listening', resolve));
  onTestFinished(() => void server.close());
  const site = await openSite({ config: { http: { port: (server.address() as AddressInfo).port } } });
  expect(await health(site)).toMatchObject({ healthy: true, worker: 'none', code: 0 });
  const refused = await site.run('run');
  expect(refused.code).toBe(1);
  expect(jsonOf(refused)).toMatchObject({ error: { code: 'HTTP_PORT_TAKEN', place: { path: 'http.port' } } });
});

test('a worker that answers over TLS alone is asked so, under whatever name', async () => {
  const tls = { cert: join(tlsFolder, 'server.pem'), key: join(tlsFolder, 'server.key') };
  const site = await openSite({
    config: { http: { port: await freePort(), host: '0.0.0.0', tls, station: { enabled: false } } },
  });
  const worker = site.start('run');
  await until('the worker is up', () => worker.stdout.includes('"running"'));
  expect(await health(site)).toEqual({ healthy: true, worker: 'ready', reason: null, code: 0 });
});

import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gunzipSync, gzipSync } from 'node:zlib';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { pageRoutes } from '../../src/http/station/page.ts';
import { raw, serverWith } from './harness.ts';

let above: string;
let folder: string;
const script = 'console.log("page");\n';

beforeAll(async () => {
  above = await mkdtemp(join(tmpdir(), 'oto-bridge-page-'));
  folder = join(above, 'web');
  await mkdir(join(folder, 'assets'), { recursive: true });
  await writeFile(join(above, 'secret.txt'), 'hidden above the page');
  await writeFile(join(folder, '.hidden'), 'hidden in the page');
  await writeFile(join(folder, 'index.html'), '<!doctype html><title>page</title>');
  await writeFile(join(folder, 'sw.js'), script);
  await writeFile(join(folder, 'assets/index-aB3.js'), script);
  await writeFile(join(folder, 'assets/index-aB3.js.gz'), gzipSync(script));
});
afterAll(() => rm(above, { recursive: true }));

const served = async () => (await serverWith({ routes: [pageRoutes(folder)] })).origin;

test('the page may run and load only what comes from here, and ask only for the camera', async () => {
  const origin = await served();
  const { status, headers } = await fetch(`${origin}/station/`);
  expect([status, headers.get('content-type')]).toEqual([200, 'text/html; charset=utf-8']);
  const policy = headers.get('content-security-policy') ?? '';
  expect(policy).toContain("default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:;");
  expect(policy).toContain("frame-ancestors 'none'");
  expect(policy).not.toMatch(/unsafe|\*|https?:/);
  expect(headers.get('permissions-policy')).toMatch(/^camera=\(self\), microphone=\(\)/);
  expect(headers.get('x-content-type-options')).toBe('nosniff');
});

test('the address without its slash leads to the page, for the service worker looks after what is below', async () => {
  const answer = await fetch(`${await served()}/station`, { redirect: 'manual' });
  expect([answer.status, answer.headers.get('location')]).toEqual([308, '/station/']);
});

test('what has a hash in its name is kept for good, all else is asked for again, and a refusal is not kept', async () => {
  const origin = await served();
  const kept = async (path: string) => (await fetch(`${origin}${path}`)).headers.get('cache-control');
  expect(await kept('/station/assets/index-aB3.js')).toBe('public, max-age=31536000, immutable');
  expect(await kept('/station/')).toBe('no-cache');
  expect(await kept('/station/sw.js')).toBe('no-cache');
  expect(await kept('/station/assets/index-gone.js')).toBe('no-store');
  const etag = (await fetch(`${origin}/station/`)).headers.get('etag') ?? '';
  expect(
    await raw(Number(new URL(origin).port), `GET /station/ HTTP/1.0\r\nhost: here\r\nif-none-match: ${etag}\r\n\r\n`),
  ).toMatch(/^HTTP\/1\.1 304 /);
});

test('a browser that takes it gets the compressed copy, and others the file', async () => {
  const origin = new URL(await served());
  const ask = (encoding: string) =>
    raw(
      Number(origin.port),
      `GET /station/assets/index-aB3.js HTTP/1.0\r\nhost: here\r\naccept-encoding: ${encoding}\r\n\r\n`,
    );
  expect(await ask('gzip')).toMatch(/content-encoding: gzip/i);
  expect(await ask('gzip')).toMatch(/content-type: application\/javascript/i);
  const plain = await ask('identity');
  expect(plain).not.toMatch(/content-encoding/i);
  expect(plain).toContain(script);
  const unpacked = await fetch(`${origin.origin}/station/assets/index-aB3.js.gz`);
  expect(gunzipSync(Buffer.from(await unpacked.arrayBuffer())).toString()).toBe(script);
});

test.each([
  '/station/../secret.txt',
  '/station/..%2fsecret.txt',
  '/station/%2e%2e/secret.txt',
  '/station/assets/..%2f..%2f..%2fsecret.txt',
  '/station/..%5csecret.txt',
  '/station//../secret.txt',
  '/station/....//secret.txt',
  '/station/%00/../secret.txt',
  '/station/.hidden',
  '/station/assets/',
  '/station/api/none',
])('%s leads nowhere', async (path) => {
  const answer = await raw(Number(new URL(await served()).port), `GET ${path} HTTP/1.0\r\nhost: here\r\n\r\n`);
  expect(answer).toMatch(/^HTTP\/1\.1 40[04] /);
  expect(answer).not.toContain('hidden');
});

test('where the page is not built, its address says what to do', async () => {
  const { origin } = await serverWith({ routes: [pageRoutes(join(above, 'none'))] });
  const answer = await fetch(`${origin}/station`);
  expect([answer.status, answer.headers.get('content-type')]).toEqual([503, 'text/plain; charset=utf-8']);
  expect(await answer.text()).toContain('npm run build:web');
});

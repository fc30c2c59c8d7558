import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { startCommand, until } from '../support/process.ts';

async function startSimulator(...args: readonly string[]) {
  const command = startCommand(['simulator', '--port', '0', '--json', ...args]);
  onTestFinished(async () => {
    await command.kill();
  });
  await until('its addresses', () => command.stdout.trimEnd().endsWith('}') || !command.running);
  const { url, baseUrl, admin } = JSON.parse(command.stdout) as { url: string; baseUrl: string; admin: string };
  expect({ baseUrl, admin }).toEqual({ baseUrl: `${url}/rest/v2/`, admin: `${url}/_simulator/` });
  const call = async (path: string, body?: object, headers: Record<string, string> = {}) => {
    const response = await fetch(new URL(path, baseUrl), {
      method: body === undefined ? 'GET' : 'POST',
      headers: { 'content-type': 'application/json', ...headers },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    return { status: response.status, body: (await response.json()) as Record<string, unknown> };
  };
  const token = async (refreshToken: string) => {
    const { status, body } = await call('refreshToken', { refresh_token: refreshToken });
    return status === 200 ? { authorization: `Bearer ${body.access_token}` } : undefined;
  };
  return { command, call, token };
}

test('simulator: prints its addresses, answers, and keeps the account over a restart', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'oto-bridge-simulator-'));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  const options = [
    '--state',
    join(folder, 'account.json'),
    '--refresh-token',
    'ours',
    'theirs',
    '--location',
    'WH-1',
    '--branch',
    'BR-1',
  ];
  const first = await startSimulator(...options);
  expect((await first.call('healthCheck')).status).toBe(200);
  expect(await first.token('nobodys')).toBeUndefined();
  expect(await first.token('theirs')).toBeDefined();
  const ours = (await first.token('ours')) ?? {};
  expect((await first.call('createProduct', { sku: 'A', productName: 'A', price: '1' }, ours)).status).toBe(200);
  first.command.signal('SIGTERM');
  expect(await first.command.ended).toMatchObject({ code: 0, stderr: '' });

  const second = await startSimulator(...options);
  const again = (await second.token('ours')) ?? {};
  const refused = await second.call('createProduct', { sku: 'A', productName: 'A', price: '1' }, again);
  expect(JSON.stringify(refused.body)).toMatch(/exist/i);
});

test('simulator: a port that is taken is one clear error', async () => {
  const { command } = await startSimulator();
  const port = new URL((JSON.parse(command.stdout) as { url: string }).url).port;
  const { code, stderr } = await startCommand(['simulator', '--port', port]).ended;
  expect(code).toBe(1);
  expect(stderr).toMatch(/^Error SIMULATOR_PORT: .*\n {2}\S/);
  expect(stderr).toContain(port);
});

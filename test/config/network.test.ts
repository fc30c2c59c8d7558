import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { stringify } from 'yaml';
import { loadConfig } from '../../src/config/load.ts';
import { loadDefinition } from '../../src/connector/registry.ts';

const authority = join(import.meta.dirname, '../support/tls/authority.pem');

async function load(over: object, files: Readonly<Record<string, string>> = {}) {
  const folder = await mkdtemp(join(tmpdir(), 'oto-bridge-network-'));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  for (const [name, text] of Object.entries(files)) await writeFile(join(folder, name), text);
  const file = join(folder, 'bridge.yaml');
  const base = {
    timezone: 'Asia/Riyadh',
    oto: { environment: 'production', refreshToken: 'x-token-x' },
    sources: {},
    locations: [{ oto: 'RUH1', source: 'erp', erp: ['A'] }],
    flows: {},
  };
  const source = { erp: { connector: 'csv', options: { dir: '.', stock: { files: 'stock.csv' } } } };
  await writeFile(file, stringify({ ...base, sources: source, ...over }));
  return loadConfig(file, { env: {}, resolveConnector: loadDefinition });
}

test('certificates of caFile, found from the configuration, are read at once', async () => {
  const pem = await readFile(authority, 'utf8');
  const { network } = await load({ caFile: 'ca.pem' }, { 'ca.pem': `# both\n${pem}\n${pem}` });
  expect(network.ca?.match(/BEGIN CERTIFICATE/g)).toHaveLength(2);
  expect((await load({})).network).toEqual({
    proxy: undefined,
    noProxy: ['localhost', '127.0.0.1', '[::1]'],
    ca: undefined,
  });
});

test.each([
  ['is not there', {}, /caFile cannot be read: ENOENT.*Name a file that is there/s],
  ['holds something else', { 'ca.pem': 'hello' }, /caFile holds no certificate in PEM form.*BEGIN CERTIFICATE/s],
  [
    'is broken',
    { 'ca.pem': '-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n' },
    /caFile holds a certificate that cannot be read \(number 1\)/,
  ],
])('a caFile that %s is said with the configuration', async (_what, files, message) => {
  await expect(load({ caFile: 'ca.pem' }, files)).rejects.toMatchObject({
    code: 'CONFIG_INVALID',
    message: expect.stringMatching(message),
  });
});

test('proxy and webhook are secret as a whole; a wrong one is named and not shown', async () => {
  const { secrets, network } = await load({
    proxy: 'http://me:pass-7712@proxy.test:3128',
    alerts: { webhook: { url: 'https://hooks.test/T0991-xyz', headers: { authorization: 'Bearer b-5512' } } },
  });
  expect(network.proxy).toBe('http://me:pass-7712@proxy.test:3128');
  expect(secrets).toEqual(
    expect.arrayContaining(['http://me:pass-7712@proxy.test:3128', 'https://hooks.test/T0991-xyz', 'Bearer b-5512']),
  );
  const wrong = load({
    proxy: 'socks5://me:pass-7712@proxy.test',
    alerts: { webhook: { url: 'hooks.test/T0991-xyz', headers: { 'bad name': 'x' } } },
  });
  await expect(wrong).rejects.toThrow(/proxy must be an address that begins with https:\/\/ or http:\/\//);
  await expect(wrong).rejects.toThrow(/alerts\.webhook\.url must be an address/);
  await expect(wrong).rejects.toThrow(/bad name.*must be the name of a header/);
  await expect(wrong).rejects.not.toThrow(/pass-7712|T0991/);
});

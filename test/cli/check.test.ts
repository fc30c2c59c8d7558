import { join } from 'node:path';
import { expect, test } from 'vitest';
import { endpoints } from '../../src/oto/index.ts';
import { bindAccount, getAccount } from '../../src/store/account.ts';
import { jsonOf, openSite, type Site } from '../support/process.ts';

const tlsFolder = join(import.meta.dirname, '../support/tls');

interface Check {
  readonly ok: boolean;
  readonly checks: readonly { what: string; ok: boolean; detail: string; hint?: string }[];
}

async function check(site: Site) {
  const ended = await site.run('check');
  const { ok, checks } = jsonOf<Check>(ended);
  expect(ended.code).toBe(ok ? 0 : 1);
  expect(ok).toBe(checks.every((row) => row.ok));
  return {
    ok,
    rows: new Map(checks.map((row) => [row.what, row])),
    failed: checks.filter((row) => !row.ok).map((row) => row.what),
  };
}

async function siteWithErp(options?: Parameters<typeof openSite>[0]): Promise<Site> {
  const site = await openSite(options);
  await site.erp.products(['A']);
  await site.erp.stock([['A', 'RUH-MAIN', 1]]);
  await site.erp.documents('1', [{ number: 'GRN-1', date: '2026-11-20', lines: { A: 1 } }]);
  return site;
}

test('a sound site: every part is named and fine, and nothing was written or bound', async () => {
  const site = await siteWithErp({
    config: {
      flows: {
        products: { from: 'erp', schedule: '*/15 * * * *' },
        stock: { from: 'erp' },
        documents: { from: 'erp', startFrom: '2020-01-01' },
      },
      http: { port: 8443, tls: { cert: join(tlsFolder, 'server.pem'), key: join(tlsFolder, 'server.key') } },
      hooks: { erp: { secret: '8f3b1c9a-hook-secret' } },
    },
  });
  const { failed, rows } = await check(site);
  expect(failed).toEqual([]);
  expect([...rows.keys()]).toEqual([
    'configuration',
    'database',
    'OTO',
    'token',
    'account',
    'right: productList',
    'right: checkInventoryStock',
    'right: orders',
    'location RUH1',
    'other locations',
    'station',
    'source erp',
    'flow products',
    'flow stock',
    'flow documents',
    'HTTP',
  ]);
  expect(rows.get('HTTP')?.detail).toMatch(
    /^https:\/\/127\.0\.0\.1:8443, certificate until .* 2120 GMT; hints for erp$/,
  );
  expect(rows.get('database')?.detail).toMatch(/^PostgreSQL \d+.*, schema oto_bridge$/);
  expect(rows.get('account')?.detail).toContain('not bound');
  expect(rows.get('location RUH1')?.detail).toMatch(/^warehouse ← erp: RUH-MAIN/);
  expect(rows.get('other locations')?.detail).toContain('JED1');
  expect(rows.get('flow products')?.detail).toContain('in Asia/Riyadh, next');
  expect(await getAccount(site.db)).toBeUndefined();
  const written = site.simulator.requests
    .list({})
    .filter((call) => endpoints[call.endpoint as keyof typeof endpoints]?.effect === 'write');
  expect(written).toEqual([]);
});

test('one part down leaves the others checked, and says what to do', async () => {
  const site = await siteWithErp({
    config: {
      locations: [{ oto: 'NOWHERE', source: 'erp', erp: ['RUH-MAIN'] }] as never,
      http: { tls: { cert: 'none.pem', key: 'none.key' } },
    },
  });
  site.network.cut();
  const { failed, rows } = await check(site);
  expect(failed).toEqual(['database', 'location NOWHERE', 'HTTP']);
  expect(rows.get('database')?.hint).toContain('database.url');
  expect(rows.get('location NOWHERE')?.hint).toContain('RUH1');
  expect(rows.get('right: orders')?.ok).toBe(true);
  expect(rows.get('source erp')?.ok).toBe(true);
});

test('OTO away, a refused token, a right that the plan lacks, an ERP folder that is not there', async () => {
  const away = await siteWithErp();
  await away.simulator.close();
  expect((await check(away)).failed).toEqual(['OTO']);

  const site = await openSite();
  site.simulator.faults.add({ endpoint: 'orders', kind: 'forbidden' });
  const { failed, rows } = await check(site);
  expect(failed).toEqual(['right: orders', 'source erp']);
  expect(rows.get('right: orders')?.hint).toContain('plan');

  site.simulator.tokens.revokeRefresh();
  const revoked = await check(site);
  expect(revoked.failed).toEqual(['token', 'source erp']);
  expect(revoked.rows.get('token')?.hint).toContain('oto.refreshToken');
});

test('a refresh token that OTO replaces is said to be lost where no bound database can keep it', async () => {
  const site = await siteWithErp({ simulator: { switches: { rotatesRefreshToken: true } } });
  const { failed, rows } = await check(site);
  expect(failed).toEqual(['refresh token']);
  expect(rows.get('refresh token')?.hint).toContain('pull locations');
});

test('a refresh token that OTO has replaced meanwhile is used, and the next one kept', async () => {
  const site = await siteWithErp({ simulator: { switches: { rotatesRefreshToken: true } } });
  expect((await site.run('pull', 'locations')).code).toBe(0);
  expect((await check(site)).failed).toEqual([]);
  expect((await check(site)).failed).toEqual([]);
});

test('a database that belongs to another account is named, and stays as it is', async () => {
  const site = await siteWithErp();
  const other = { fingerprint: 'another', environment: 'simulator', baseUrl: 'http://127.0.0.1:1/' };
  await bindAccount(site.db, other);
  const { failed, rows } = await check(site);
  expect(failed).toEqual(['account']);
  expect(rows.get('account')?.hint).toContain('adopt --account');
  expect((await getAccount(site.db))?.fingerprint).toBe('another');
});

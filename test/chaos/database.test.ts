import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pino } from 'pino';
import { describe, expect, onTestFinished, test } from 'vitest';
import { startEmbedded } from '../../src/store/embedded.ts';
import { migrate } from '../../src/store/migrate.ts';
import { sweepLapsed } from '../../src/store/operation-claims.ts';
import { schema } from '../support/database-names.ts';
import { jsonOf, openSite, type Site, type SyncResult, until } from '../support/process.ts';
import { exportReceipts, landings, numberOf, openOf, parkedOf } from '../support/receipts.ts';

async function endConnections(site: Site): Promise<number> {
  const rows = await site.db.query<{ pid: number }>(
    `select pg_terminate_backend(pid), pid from pg_stat_activity
     where datname = current_database() and application_name like 'oto-bridge%'`,
  );
  return rows.length;
}

describe('the database goes away', { timeout: 90_000 }, () => {
  test('connections are ended again and again: the run completes all the same', async () => {
    const site = await openSite();
    const numbers = await exportReceipts(site, 60);
    site.simulator.faults.add({ endpoint: 'createInventoryOrder', kind: 'latency', ms: 40 });
    const command = site.start('sync', 'documents');
    const sent = () => site.calls('createInventoryOrder').length;
    await until('the first documents', () => sent() >= 2);
    const times = 4;
    for (let time = 0; time < times; time += 1) {
      expect(await endConnections(site)).toBeGreaterThan(0);
      const before = sent();
      await until('it to go on', () => sent() >= before + 6 || !command.running);
      expect(command.running).toBe(true);
    }
    const ended = await command.ended;
    const result = jsonOf<SyncResult>(ended);
    expect(result).toMatchObject({ status: 'done' });
    const parked = await parkedOf(site);
    const inDoubt = new Set(parked.map((operation) => numberOf(operation.request)));
    // At most the two calls that were under way each time.
    expect(parked.length).toBeLessThanOrEqual(times * 2);
    for (const [number, count] of landings(site, numbers)) {
      if (inDoubt.has(number)) expect(count, number).toBeLessThanOrEqual(1);
      else expect(count, number).toBe(1);
    }
    expect((await openOf(site)).length).toBe(parked.length);
  });

  test('cut off for longer than a lease: what OTO answered meanwhile is stored when it is back', async () => {
    const site = await openSite();
    const numbers = await exportReceipts(site, 30);
    site.simulator.faults.add({ endpoint: 'createInventoryOrder', kind: 'latency', ms: 150 });
    const command = site.start('sync', 'documents');
    const orders = () => site.simulator.state.inventoryOrders.size;
    for (const time of [1, 2, 3]) {
      const [before, asked] = [orders(), site.calls('createInventoryOrder').length];
      await until('a call under way', () => site.calls('createInventoryOrder').length > asked);
      site.network.cut();
      // The leases of what is under way lapse, whatever their length: the answers are there by then.
      await until('the answers', () => orders() > before);
      await until('the lapse', async () => {
        const open = await site.db.query(`select from operation where state = 'sending' and lease_until > now()`);
        return open.length === 0;
      });
      if (time === 2) await sweepLapsed(site.db, 0, 'another worker');
      site.network.mend();
    }
    const result = jsonOf<SyncResult>(await command.ended);
    expect(result.status).toBe('done');
    // Every answer is known. What is parked never went out: its claim was stored, and word of that was cut off.
    const parked = (await parkedOf(site)).map((operation) => numberOf(operation.request));
    expect(parked.length).toBeLessThanOrEqual(3);
    const asked = new Set(site.calls('createInventoryOrder').map((call) => numberOf(call.params)));
    expect(parked.filter((number) => asked.has(number))).toEqual([]);
    for (const [number, count] of landings(site, numbers)) expect(count, number).toBe(parked.includes(number) ? 0 : 1);
    const known = await site.db.query(`select from document where state = 'pending' and oto_id is not null`);
    expect(known).toHaveLength(30 - parked.length);
  });

  test('the embedded server is stopped once and killed once: it is brought back, and the run completes', async () => {
    const dataDir = await mkdtemp(join(tmpdir(), 'oto-bridge-chaos-'));
    onTestFinished(() => rm(dataDir, { recursive: true, force: true, maxRetries: 5 }));
    const log = pino({ level: 'silent' });
    const server = await startEmbedded({ dataDir, log });
    onTestFinished(() => server.stop());
    await migrate({ url: server.url, schema, log });
    const site = await openSite({ databaseUrl: server.url, config: { dataDir, database: { url: undefined } } });
    const numbers = await exportReceipts(site, 60);
    site.simulator.faults.add({ endpoint: 'createInventoryOrder', kind: 'latency', ms: 40 });
    const command = site.start('sync', 'documents');
    const sent = () => site.calls('createInventoryOrder').length;
    for (const signal of ['SIGINT', 'SIGKILL'] as const) {
      const before = sent();
      await until('some documents', () => sent() >= before + 6 || !command.running);
      expect(command.running).toBe(true);
      process.kill(await postmasterOf(dataDir), signal);
    }
    const result = jsonOf<SyncResult>(await command.ended);
    expect(result).toMatchObject({ status: 'done' });
    const parked = await parkedOf(site);
    const inDoubt = new Set(parked.map((operation) => numberOf(operation.request)));
    expect(parked.length).toBeLessThanOrEqual(4);
    for (const [number, count] of landings(site, numbers)) {
      if (inDoubt.has(number)) expect(count, number).toBeLessThanOrEqual(1);
      else expect(count, number).toBe(1);
    }
    expect((await openOf(site)).length).toBe(parked.length);
  });
});

async function postmasterOf(dataDir: string): Promise<number> {
  const home = join(dataDir, 'postgres');
  const root = (await readFile(join(home, 'location'), 'utf8').catch(() => home)).trim();
  return Number((await readFile(join(root, 'data', 'postmaster.pid'), 'utf8')).split('\n')[0]);
}

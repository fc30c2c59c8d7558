import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';
import { type App, openApp } from '../../src/app.ts';
import { runFlow } from '../../src/engine/run.ts';
import { tend } from '../../src/engine/tend.ts';
import { startWorking } from '../../src/engine/work.ts';
import { flows } from '../../src/flows/index.ts';
import { getOperation, operationEvents } from '../../src/store/operations.ts';
import { expectLedger } from '../support/ledger.ts';
import { type Command, openSite, type Site, type SiteOptions, startProcess, until } from '../support/process.ts';
import { openOf } from '../support/receipts.ts';
import { sceneConfig, scenes, type Target } from './scenes.ts';

const script = fileURLToPath(new URL('worker.ts', import.meta.url));

interface Stage {
  readonly site: Site;
  readonly app: App;
  /** A worker that stops (SIGSTOP) when it comes to the point with this operation, and what it had written into the ledger. */
  freeze(point: string, id: number, who?: string): Promise<Command>;
  /** The lease ends, its job is given to others, and another worker does what is to be done. */
  takeOver(frozenAt: string): Promise<void>;
  /** It goes on, finishes what it was at, and ends. */
  thaw(frozen: Command): Promise<void>;
  eventsOf(who: string): Promise<string[]>;
}

async function openStage(onEnd: NonNullable<SiteOptions['onEnd']>): Promise<Stage> {
  const config = { ...sceneConfig, oto: { timeoutSeconds: 4 }, push: { leaseSeconds: 8, waitMinutes: 0.5 } };
  const site = await openSite({ config, onEnd });
  const app = await openApp({ configFile: site.configFile, env: {}, who: 'other', logLevel: 'silent' });
  const started: Command[] = [];
  onEnd(async () => {
    for (const command of started) await command.kill();
    await app.close();
  });
  const { db } = site;
  return {
    site,
    app,
    async freeze(point, id, who = 'frozen') {
      // Whoever tends and freezes is relieved of it after ten seconds: here it only sends.
      await using _tending = await app.bridge.db.lock('tend');
      const command = startProcess(process.execPath, [script, site.configFile, who, 'aside'], {
        env: { OTO_BRIDGE_CRASH: `${point}@${id}!stop` },
      });
      started.push(command);
      await until(`it stands still at ${point}`, () => command.stderr.includes(`stopped at ${point}`));
      return command;
    },
    async takeOver(frozenAt) {
      // Its own clock has to pass the moment too where it has not looked at it yet.
      if (frozenAt !== 'send:before')
        await db.query(`update operation set lease_until = now() where state = 'sending'`);
      await until('the lease is over', async () => {
        const held = await db.query(`select from operation where state = 'sending' and lease_until > now()`);
        return held.length === 0;
      });
      // What the queue does with the job of a worker that shows no sign of life, and with one that takes too long.
      await db.query(
        `update oto_bridge_jobs.job set state = 'retry', start_after = now(), completed_on = null where state = 'active'`,
      );
      const work = await startWorking(app.bridge);
      await until('nothing to be done but by a person', async () =>
        (await openOf(site)).every(({ state }) => state === 'parked'),
      );
      await work.stop(5000);
    },
    async thaw(frozen) {
      frozen.signal('SIGCONT');
      frozen.signal('SIGTERM');
      const { code, stderr } = await frozen.ended;
      expect(code, stderr).toBe(0);
    },
    async eventsOf(who) {
      const rows = await db.query<{ step: string }>(
        `select "from" || ' ' || "to" as step from operation_event where who = $1 order by id`,
        [who],
      );
      return rows.map(({ step }) => step);
    },
  };
}

describe.concurrent('a worker that wakes up after its lease', { timeout: 200_000 }, () => {
  test.for([
    // Right before it looks at the clock and hands the request to the socket; with the request out and no answer; with the answer.
    ['send:before', 'stock-set', 1],
    ['send:handed', 'stock-set', 1],
    ['settle:before', 'stock-set', 1],
    ['send:before', 'inventory-order', 0],
    ['send:handed', 'inventory-order', 1],
    ['settle:before', 'inventory-order', 1],
  ] as const)('%s, %s: neither sends nor settles', async ([point, kind, sent], { onTestFinished }) => {
    const stage = await openStage(onTestFinished);
    const { site, app } = stage;
    const [target] = await scenes[kind](site, app).targets(1);
    const { create, calls, expectDone } = target as Target;
    const id = await create(false);
    const frozen = await stage.freeze(point, id);
    await stage.takeOver(point);
    expect(await calls()).toBe(sent);
    const before = await getOperation(site.db, id);
    expect(before?.state).toBe(kind === 'inventory-order' ? 'parked' : 'landed');

    await stage.thaw(frozen);
    expect(await calls()).toBe(sent);
    const own = ['ready sending'];
    const after = await getOperation(site.db, id);
    if (kind === 'inventory-order' && after?.state === 'landed') {
      // An answer that it held, or still found at its socket, is the one proof that there is, and nobody has sent the document since.
      expect(sent).toBe(1);
      expect(await stage.eventsOf('frozen')).toEqual([...own, 'parked landed']);
      expect(after.evidence).toBe('answer');
    } else {
      expect(point).not.toBe(kind === 'inventory-order' ? 'settle:before' : '');
      expect(await stage.eventsOf('frozen')).toEqual(own);
      expect(after).toEqual(before);
    }
    if (sent > 0 || kind === 'stock-set') await expectDone();
    await expectLedger(site.db);
  });

  test('an answer that comes after another has claimed anew settles nothing of theirs', async ({ onTestFinished }) => {
    const stage = await openStage(onTestFinished);
    const { site, app } = stage;
    const [target] = await scenes['stock-set'](site, app).targets(1);
    const { name: sku, create, calls } = target as Target;
    const id = await create(false);
    const first = await stage.freeze('send:checked', id, 'first');
    await site.db.query(`update operation set lease_until = now() where state = 'sending'`);
    const unchanged = async () => {
      await site.db.query(`update operation set not_before = now() where state = 'unknown'`);
      await tend(app.bridge, { takenBefore: new Date(), signal: AbortSignal.timeout(10_000), thorough: false });
      return (await getOperation(site.db, id))?.state === 'ready';
    };
    await until('it is proven unsent', unchanged);
    const second = await stage.freeze('send:before', id, 'second');
    const claimed = await getOperation(site.db, id);
    expect(claimed?.state).toBe('sending');
    // The first one's request goes out only now, and is answered: but the operation is the second one's.
    await stage.thaw(first);
    expect(await calls()).toBe(1);
    expect(await getOperation(site.db, id)).toEqual(claimed);
    await site.db.query(`update operation set lease_until = now() + interval '1 minute' where id = $1`, [id]);
    await stage.thaw(second);
    await stage.takeOver('send:before');
    expect(await stage.eventsOf('first')).toEqual(['ready sending']);
    expect(await getOperation(site.db, id)).toMatchObject({ state: 'landed' });
    expect(site.simulator.state.figures.find(sku, 'RUH1')?.now.onHand).toBe(101);
    await expectLedger(site.db);
  });

  test('a set that was held up on its way undoes a newer one: the next reading finds it, says so, and puts it right', async ({
    onTestFinished,
  }) => {
    const stage = await openStage(onTestFinished);
    const { site, app } = stage;
    const [target] = await scenes['stock-set'](site, app).targets(1);
    const { name: sku, create } = target as Target;
    const onHand = () => site.simulator.state.figures.find(sku, 'RUH1')?.now.onHand;
    const id = await create(false);
    // The clock has been looked at: from here on nothing can hold the request back any more.
    const frozen = await stage.freeze('send:checked', id);
    await stage.takeOver('send:checked');
    expect(onHand()).toBe(101);
    expect((await operationEvents(site.db, id)).map(({ to }) => to)).toEqual([
      'ready',
      'sending',
      'unknown',
      'ready',
      'sending',
      'landed',
    ]);
    const sync = async (figure: number) => {
      await site.erp.stock([[sku, 'RUH-MAIN', figure]]);
      const signal = AbortSignal.timeout(30_000);
      const work = await startWorking(app.bridge);
      try {
        return (await runFlow(app.bridge, flows.stock, { mode: 'sync', trigger: 'test', filter: {}, signal })).run;
      } finally {
        await work.stop(5000);
      }
    };
    const notesOf = ({ notes }: Awaited<ReturnType<typeof sync>>) => notes.filter(({ kind }) => kind === 'late-write');
    expect(notesOf(await sync(150))).toEqual([]);
    expect(onHand()).toBe(150);

    await stage.thaw(frozen);
    expect(onHand()).toBe(101);
    expect(frozen.stderr).toContain('called for operations that are no longer ours');
    expect(await stage.eventsOf('frozen')).toEqual(['ready sending']);

    const noticed = await sync(151);
    expect(notesOf(noticed)).toEqual([
      expect.objectContaining({ count: 1, message: expect.stringContaining(`"${sku}" at RUH1`) }),
    ]);
    expect(notesOf(noticed)[0]?.message).toContain(`operation ${id}`);
    expect(onHand()).toBe(151);
    // A figure that OTO's own sales have changed is nothing of the kind.
    site.simulator.state.figures.move(sku, 'RUH1', { onHand: -40 }, 'import');
    expect(notesOf(await sync(140))).toEqual([]);
    await expectLedger(site.db);
  });
});

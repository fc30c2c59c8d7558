import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';
import { type App, openApp } from '../../src/app.ts';
import { resolveOperation } from '../../src/engine/resolve.ts';
import { startWorking } from '../../src/engine/work.ts';
import { type CrashPoint, crashPoints } from '../../src/lib/crash-point.ts';
import { type OperationKind, operationKinds } from '../../src/model/index.ts';
import { getOperation, operationEvents } from '../../src/store/operations.ts';
import { expectLedger } from '../support/ledger.ts';
import { type Command, openSite, type Site, startProcess, until } from '../support/process.ts';
import { openOf, parkedOf } from '../support/receipts.ts';
import { sceneConfig, scenes, type Target } from './scenes.ts';

const script = fileURLToPath(new URL('worker.ts', import.meta.url));

/** Where the bridge dies while the call is not out yet, with the call out and no answer stored, and with the answer stored. */
const unsent = ['claim:before'] as const;
const inDoubt = ['claim:committed', 'send:before', 'send:checked'] as const;
const sent = ['send:handed', 'send:answered', 'settle:before', 'settle:moved', 'settle:noted'] as const;
const settled = ['settle:committed'] as const;
/** One after the other over one operation, whose call was made. */
const proving = [
  'sweep:committed',
  'prove:claimed',
  'prove:looked',
  'prove:moved',
  'prove:noted',
  'prove:committed',
] as const;
/** One after the other over one operation, which waits for a pause that is over. */
const releasing = ['release:moved', 'release:committed'] as const;
/** Of figures, which are compared with OTO's before they are claimed. */
const ofFigures = ['compare:read'] as const;
/** Of a packing step: the order is read between the claim and the call. */
const ofPacking = ['look:read', 'look:committed'] as const;
/** Of an ERP, beside all others but those of the socket. */
const ofErp = { inDoubt: ['erp:opened'], sent: ['erp:written'] } as const;
/** Of commands: see commands.test.ts. */
const ofCommands = [
  'apply:created',
  'apply:queued',
  'apply:committed',
  'mark:created',
  'mark:committed',
  'decide:moved',
  'decide:committed',
] as const;

/** Of the station: see test/http/station-troubles.test.ts. */
const ofStation = ['act:committed'] as const;

/** A worker that dies at a point, or one that lives. */
function startWorker(site: Site, who: string, crash = ''): Command {
  return startProcess(process.execPath, [script, site.configFile, who], { env: { OTO_BRIDGE_CRASH: crash } });
}

/** What a dead worker held comes free: its lease is over, and so is the time that a lost answer is given. */
async function letTimePass(site: Site): Promise<void> {
  await site.db.query(`update operation set lease_until = now() - interval '1 s' where state = 'sending'`);
  await site.db.query(`update operation set not_before = now() where state = 'unknown'`);
}

/** What a person does who looks each parked operation up in OTO. */
async function decide(site: Site, app: App): Promise<void> {
  for (const { id, request } of await parkedOf(site)) {
    const orders = [...site.simulator.state.inventoryOrders.values()];
    const order = orders.find(({ waybillNumber }) => waybillNumber === request.waybillNumber);
    if (order === undefined) await resolveOperation(app.bridge, id, 'resend', { note: 'not in OTO' });
    else await resolveOperation(app.bridge, id, 'landed', { otoId: String(order.otoId) });
  }
}

test('the points of the table are those that are met here and in the commands', () => {
  const met = [
    unsent,
    inDoubt,
    sent,
    settled,
    proving,
    releasing,
    ofFigures,
    ofPacking,
    ofErp.inDoubt,
    ofErp.sent,
    ofCommands,
    ofStation,
  ].flat();
  expect([...met].sort()).toEqual([...crashPoints].sort());
});

describe.concurrent('a worker dies at every point, and the next takes over', { timeout: 900_000 }, () => {
  test.for(operationKinds)('%s', async (kind: OperationKind, { onTestFinished }) => {
    const site = await openSite({ config: sceneConfig, onEnd: onTestFinished });
    const app = await openApp({ configFile: site.configFile, env: {}, who: 'planner', logLevel: 'silent' });
    try {
      const scene = scenes[kind](site, app);
      const isErp = kind === 'erp-command';
      const groups = {
        unsent: kind === 'stock-set' ? [...unsent, ...ofFigures] : unsent,
        inDoubt: [...inDoubt, ...(isErp ? ofErp.inDoubt : []), ...(kind === 'packing-status' ? ofPacking : [])],
        sent: isErp ? [...sent, ...ofErp.sent] : sent,
        settled,
      };
      const ends = Object.entries(groups).flatMap(([group, points]) => points.map((point) => ({ group, point })));
      const targets = await scene.targets(ends.length + 1);
      const lives: { target: Target; id: number; group: string; points: readonly CrashPoint[] }[] = [];

      const die = async (point: CrashPoint, id: number, target: Target) => {
        await letTimePass(site);
        const worker = startWorker(site, `worker ${point}`, `${point}@${id}`);
        let late = false;
        const patience = setTimeout(() => {
          late = true;
          worker.signal('SIGKILL');
        }, 90_000);
        const { signal, stderr } = await worker.ended;
        clearTimeout(patience);
        if (late || signal !== 'SIGKILL') {
          const story = JSON.stringify(await operationEvents(site.db, id));
          throw new Error(`${kind} ${target.name} never came to ${point}: ${stderr} ${story}`);
        }
      };
      /** Another worker, in this process: until nothing is left but for a person. */
      const takeOver = async () => {
        await letTimePass(site);
        const work = await startWorking(app.bridge);
        const isIdle = async () => (await openOf(site)).every(({ state }) => state === 'parked');
        await until('nothing to be done but by a person', isIdle);
        await work.stop(5000);
      };
      for (const [index, { group, point }] of ends.entries()) {
        const target = targets[index] as Target;
        const id = await target.create(false);
        const points = point === 'send:answered' ? [point, ...proving] : [point];
        for (const next of points) await die(next, id, target);
        await takeOver();
        lives.push({ target, id, group, points });
      }
      const last = targets.at(-1) as Target;
      const id = await last.create(true);
      for (const point of releasing) await die(point, id, last);
      await takeOver();
      lives.push({ target: last, id, group: 'unsent', points: releasing });

      const callsBefore = new Map<number, number>();
      for (const { target, id } of lives) callsBefore.set(id, await target.calls());
      const parked = new Set((await parkedOf(site)).map((operation) => operation.id));
      await decide(site, app);
      await takeOver();
      expect(await openOf(site)).toEqual([]);

      for (const { target, id, group, points } of lives) {
        const about = `${kind} at ${points.join(', ')}`;
        const operation = await getOperation(site.db, id);
        expect(operation, about).toMatchObject({ state: 'landed', verdict: 'landed' });
        await target.expectDone();
        const calls = await target.calls();
        if (kind === 'inventory-order') {
          // Nobody but a person sends a document again, and only where OTO does not have it.
          const inQuestion = group === 'inDoubt' || group === 'sent';
          expect(parked.has(id), about).toBe(inQuestion);
          expect(callsBefore.get(id), about).toBe(group === 'inDoubt' ? 0 : 1);
          expect(calls, about).toBe(1);
          const events = await operationEvents(site.db, id);
          const evidence = events.filter(({ to }) => to === 'parked').map(({ detail }) => detail);
          expect(evidence, about).toEqual(
            inQuestion ? [expect.objectContaining({ lines: expect.any(Array), lookFor: expect.any(Object) })] : [],
          );
        } else {
          expect(parked.has(id), about).toBe(false);
          // Where the call itself answers whether it was made before, it is made once more.
          expect(calls, about).toBe(kind === 'product-create' && group === 'sent' ? 2 : 1);
        }
      }
      await expectLedger(site.db);
    } finally {
      await app.close();
    }
  });
});

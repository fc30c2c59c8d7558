import { setTimeout as delay } from 'node:timers/promises';
import { counted } from '../lib/text.ts';
import { countByState } from '../store/operations.ts';
import { listPauses } from '../store/pauses.ts';
import type { RunContext } from './context.ts';

/** Waits until every operation of the run is settled, parked or waits for something else. False: the time for it is over. */
export async function waitForOperations(
  context: RunContext,
  operations: number,
  onWait: (() => Promise<void>) | undefined,
): Promise<boolean> {
  const { db, config, progress, run, tally, signal } = context;
  const deadline = Date.now() + config.push.waitMinutes * 60_000;
  const before = { landed: 0 };
  if (operations > 0) progress.step('sending', operations);
  while (true) {
    const counts = await db.withReconnect(() => countByState(db, run.id), { deadlineSeconds: 600, signal });
    const count = (...states: (keyof typeof counts)[]) => states.reduce((sum, state) => sum + (counts[state] ?? 0), 0);
    const done = count('landed', 'refused', 'parked', 'cancelled', 'superseded');
    progress.advance(done - before.landed);
    before.landed = done;
    tally.landed = count('landed');
    tally.refused = count('refused');
    tally.parked = count('parked');
    tally.sent = count('landed', 'refused', 'parked', 'unknown', 'sending');
    const pauses = (await db.withReconnect(() => listPauses(db))).filter((pause) => pause.scope !== 'flow');
    const open = count('ready', 'sending', 'unknown', 'paused');
    if (open === 0) {
      tally.waiting += count('waiting');
      progress.done();
      noteEnd(context, counts.parked ?? 0, counts.refused ?? 0, counts.waiting ?? 0);
      return true;
    }
    if (Date.now() > deadline) {
      tally.waiting += open + count('waiting');
      progress.done();
      context.note({
        kind: 'unfinished',
        message: `${counted(open, 'operation', 'operations')} could not be finished within push.waitMinutes (${config.push.waitMinutes})${pauses.length > 0 ? `; paused: ${pauses.map((pause) => `${pause.name} (${pause.reason})`).join(', ')}` : ''}.`,
        hint: 'They are kept and go on with the next run or worker. `oto-bridge status` shows what holds them up.',
        new: true,
      });
      return false;
    }
    await onWait?.();
    await delay(200, undefined, { signal });
  }
}

function noteEnd(context: RunContext, parked: number, refused: number, waiting: number): void {
  if (parked > 0) {
    context.note({
      kind: 'parked',
      message: `${counted(parked, 'operation is', 'operations are')} parked: nobody knows whether ${parked === 1 ? 'it' : 'they'} landed.`,
      hint: '`oto-bridge operations list --parked` shows them with their evidence; `operations resolve` decides.',
      new: true,
      count: parked,
    });
  }
  if (refused > 0) {
    context.note({
      kind: 'refused',
      message: `${counted(refused, 'operation was', 'operations were')} refused.`,
      hint: '`oto-bridge operations list --state refused` shows why.',
      new: true,
      count: refused,
    });
  }
  if (waiting > 0) {
    context.note({
      kind: 'waiting',
      message: `${counted(waiting, 'operation waits', 'operations wait')} for a product that OTO does not have yet.`,
      hint: 'They go as soon as the product is there; run the products flow.',
      new: false,
      count: waiting,
    });
  }
}

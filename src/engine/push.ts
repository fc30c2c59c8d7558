import { performance } from 'node:perf_hooks';
import { stockPushes } from '../jobs/queues.ts';
import { crashPoint } from '../lib/crash-point.ts';
import { deadlineIn } from '../lib/deadline.ts';
import { sideBySide } from '../lib/side-by-side.ts';
import { joinSignals } from '../lib/signals.ts';
import { claimOperations } from '../store/operation-claims.ts';
import { stillReady } from '../store/operations.ts';
import { compare } from './compare.ts';
import type { Bridge } from './context.ts';
import { type Claim, send } from './send.ts';
import { settle } from './settle.ts';

export interface Push {
  /** Operations that have to be tried again later. */
  readonly later: ReadonlySet<number>;
}

/** Operations in one claim: at first, and at most. */
const firstPortion = 100;
const largestPortion = 400;
/** How many were sent and settled in a tenth of the time for which a claim lets us send, by bridge. */
const paces = new WeakMap<Bridge, number>();

/**
 * Sends operations and settles what came of them. Order of things, and why:
 * the deadline is computed before the claim, so that it can only be earlier than the lease in the database; the claim is
 * committed before the first byte is sent; the deadline is checked in the tick in which the request is handed to the socket; and
 * settling asks for the fence of the claim. So a worker that was paused past its lease can neither send nor settle. The window
 * that remains: a request that was handed over in time may reach OTO after another worker has proven the operation, when the network held
 * it up for longer than the request's timeout and the settle time. docs/never-twice.md says what that can do, and what notices it.
 * Stock figures are compared with OTO's before the claim: see `compare`.
 */
export async function push(bridge: Bridge, ids: readonly number[], signal?: AbortSignal): Promise<Push> {
  const { db, config } = bridge;
  const leaseMs = config.push.leaseSeconds * 1000;
  const most = portionOf(bridge);
  let portion = Math.min(most, paces.get(bridge) ?? firstPortion);
  const left = new Set(ids);
  /** Those that may still be waiting to be sent. */
  const open = new Set(ids);
  const comparison = await compare(bridge, ids, { lowering: sendingMs(bridge) / 2, raising: leaseMs });
  while (left.size > 0 && !isOver(signal)) {
    const { claimable, held, later } = await comparison.next([...left], portion, signal);
    for (const id of [...held, ...later]) left.delete(id);
    for (const id of held) open.delete(id);
    if (isOver(signal)) break;
    if (claimable.length === 0) {
      // Nothing came of this round at all: another would not either.
      if (held.length + later.length === 0) break;
      continue;
    }
    const started = performance.now();
    const deadline = deadlineIn(sendingMs(bridge));
    crashPoint('claim:before', claimable);
    const claimed = await db.withReconnect(() => claimOperations(db, claimable, portion, leaseMs, bridge.who));
    if (claimed.length === 0) {
      for (const id of claimable) left.delete(id);
      continue;
    }
    crashPoint('claim:committed', claimed);
    for (const operation of claimed) left.delete(operation.id);
    // A turn that does not come in time (OTO asked us to slow down) ends the wait, so that the row is given back while it is ours.
    const turn = AbortSignal.timeout(deadline.left);
    using ends = joinSignals(turn, signal);
    const claim: Claim = { bridge, comparison, deadline, patience: ends.signal };
    const results = await sideBySide(claimed, atOnce(bridge), (operation) => send(claim, operation));
    await settle(bridge, results);
    for (const { operation, outcome } of results) {
      if (outcome.kind === 'ok' || outcome.kind === 'refused' || outcome.kind === 'unknown') open.delete(operation.id);
    }
    // Those whose turn did not come within the lease are claimed anew, as long as others do get their turn.
    const late = results.filter(({ outcome }) => outcome.kind === 'not-taken' && outcome.cause === 'fenced');
    if (late.length < results.length) for (const { operation } of late) left.add(operation.id);
    // Larger claims cost less, as long as they are sent long before their lease ends.
    const pace = (results.length / (performance.now() - started)) * (sendingMs(bridge) / 10);
    paces.set(bridge, Math.max(firstPortion, Math.min(largestPortion, Math.floor(pace))));
    // Other processes have their part of the rate, and it may be reduced: what is claimed in vain is given back row by row.
    portion =
      late.length > 0
        ? Math.max(1, results.length - late.length)
        : Math.min(most, portion * 2, paces.get(bridge) ?? firstPortion);
  }
  return { later: open.size === 0 ? open : await db.withReconnect(() => stillReady(db, [...open])) };
}

function isOver(signal: AbortSignal | undefined): boolean {
  return signal?.aborted === true;
}

/** How long after a claim a call may still be sent: its answer has to be in and stored before the lease ends. */
function sendingMs({ config }: Bridge): number {
  const leaseMs = config.push.leaseSeconds * 1000;
  const spare = leaseMs - config.oto.timeoutSeconds * 1000;
  return spare - Math.min(spare / 2, leaseMs / 10);
}

/** As many operations as can surely be sent within half of a lease at the configured rate, beside the other pushes of this process. */
function portionOf(bridge: Bridge): number {
  const { requestsPerSecond, timeoutSeconds } = bridge.config.oto;
  if (requestsPerSecond === 'unlimited') return largestPortion;
  const spare = Math.max(bridge.config.push.leaseSeconds - timeoutSeconds, 0);
  return Math.max(1, Math.min(largestPortion, Math.floor((requestsPerSecond * spare) / 2 / stockPushes)));
}

/**
 * How many operations of a claim ask for their turn at the same time. By a rate, all: the rate is asked for in blocks, by how many wait.
 * Without one they wait for a free slot alone, and twice as many as there are slots always leave one of the claim's lane waiting; whatever
 * waits beyond that is kept in memory for nothing.
 */
function atOnce({ config }: Bridge): number {
  const { requestsPerSecond, concurrency } = config.oto;
  return requestsPerSecond === 'unlimited' ? 2 * concurrency : Number.POSITIVE_INFINITY;
}

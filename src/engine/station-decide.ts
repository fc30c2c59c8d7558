import {
  completeness,
  lineOf,
  linesOf,
  type OrderLine,
  type PackingStatus,
  type Progress,
  type StaffRole,
  type StationAction,
  type StationRefusal,
  totalsOf,
  withLine,
} from '../model/index.ts';
import type { OrderChange, StoredPackingOrder } from '../store/packing.ts';

/** Who does something at the station. */
export interface Actor {
  readonly id: number;
  readonly name: string;
  readonly role: StaffRole;
  /** Those that they may see. */
  readonly locations: readonly string[];
}

/** An order with what became of the operations that are to tell OTO; null where there is none, or it is long over. */
export type Order = StoredPackingOrder & { readonly told: string | null };

export type Decision =
  | { readonly kind: 'refused'; readonly refusal: StationRefusal; readonly message: string }
  | {
      readonly kind: 'done';
      readonly change: OrderChange;
      readonly message: string | null;
      /** OTO is to hear of this step. */
      readonly tell?: PackingStatus;
      /** Only if this operation can still be taken back. */
      readonly cancel?: number;
    };

export interface Rules {
  readonly now: number;
  readonly claimMinutes: number;
}

/** What an action makes of an order. Pure: it asks nobody, and changes nothing. */
export function decide(order: Order | undefined, action: StationAction, actor: Actor, rules: Rules): Decision {
  if (order === undefined || !actor.locations.includes(order.location)) {
    return refused('order-unknown', 'There is no such order here.');
  }
  if (order.state === 'left') return refused('order-left', order.why ?? 'The order has left.');
  switch (action.type) {
    case 'claim':
      return claim(order, actor, rules);
    case 'release':
      return release(order, actor);
    case 'scan':
    case 'count':
    case 'short':
      return countLine(order, action, actor, rules);
    case 'pick':
      return pick(order, actor, rules);
    case 'approve':
      if (actor.role === 'picker') return needsSupervisor();
      return order.state === 'short' ? done({}, { tell: 'picked' }) : wrongState(order);
    case 'reopen':
      return reopen(order, actor);
    case 'pack':
      return pack(order, actor, rules);
    case 'undo':
      return undo(order, actor, rules);
  }
}

const free = { claim_staff: null, claim_name: null, claim_since: null, claim_last: null } as const;

function refused(refusal: StationRefusal, message: string): Decision {
  return { kind: 'refused', refusal, message };
}

function done(change: OrderChange, more: { tell?: PackingStatus; cancel?: number; message?: string } = {}): Decision {
  return { kind: 'done', change, message: null, ...more };
}

function wrongState({ state }: Order): Decision {
  return refused('wrong-state', `The order is ${state}.`);
}

function needsSupervisor(): Decision {
  return refused('needs-supervisor', 'A supervisor decides about this.');
}

/** Somebody else has it, and has done something with it lately. */
function holderOf(order: Order, actor: Actor, { now, claimMinutes }: Rules): string | undefined {
  const { claim_staff, claim_name, active_at } = order;
  if (claim_staff === null || claim_staff === actor.id) return undefined;
  const isIdle = active_at !== null && active_at.getTime() < now - claimMinutes * 60_000;
  return isIdle ? undefined : (claim_name ?? 'somebody');
}

function claimedBy(name: string): Decision {
  return refused('claimed', `${name} has it.`);
}

function taken(order: Order, actor: Actor, { now }: Rules): OrderChange {
  const at = new Date(now);
  return {
    claim_staff: actor.id,
    claim_name: actor.name,
    claim_since: order.claim_staff === actor.id ? order.claim_since : at,
    claim_last: null,
    active_at: at,
  };
}

function claim(order: Order, actor: Actor, rules: Rules): Decision {
  if (order.state === 'short' || order.state === 'packed') return wrongState(order);
  const holder = holderOf(order, actor, rules);
  if (holder !== undefined) return claimedBy(holder);
  return done({ ...taken(order, actor, rules), ...(order.state === 'ready' ? { state: 'picking' } : {}) });
}

function release(order: Order, actor: Actor): Decision {
  if (order.claim_staff === null) return done({});
  if (order.claim_staff !== actor.id && actor.role === 'picker') return needsSupervisor();
  const isUntouched = order.state === 'picking' && Object.keys(order.progress).length === 0;
  const message = order.claim_staff === actor.id ? {} : { message: `taken from ${order.claim_name}` };
  return done({ ...free, ...(isUntouched ? { state: 'ready' } : {}) }, message);
}

/** The claim with which somebody goes on, or why they may not. Who was idle for too long goes on where nobody has taken the order since. */
function goingOn(order: Order, actor: Actor, rules: Rules): OrderChange | Decision {
  const holder = holderOf(order, actor, rules);
  if (holder !== undefined) return claimedBy(holder);
  const isTheirs = order.claim_staff === actor.id || (order.claim_staff === null && order.claim_last === actor.id);
  if (!isTheirs) return refused('not-claimed', 'Take the order first.');
  return taken(order, actor, rules);
}

function isDecision(value: OrderChange | Decision): value is Decision {
  return 'kind' in value;
}

type LineAction = Extract<StationAction, { type: 'scan' | 'count' | 'short' }>;

function countLine(order: Order, action: LineAction, actor: Actor, rules: Rules): Decision {
  if (order.state !== 'ready' && order.state !== 'picking') return wrongState(order);
  const claimed = goingOn(order, actor, rules);
  if (isDecision(claimed)) return claimed;
  const lines = linesOf(order.items);
  const line = lines.find(({ sku }) => sku === action.sku);
  if (line === undefined) return refused('not-in-order', `${action.sku} is not in this order.`);
  const progress = progressAfter(order.progress, line, action, actor);
  if ('kind' in progress) return progress;
  return done({
    ...claimed,
    state: 'picking',
    progress: progress.after,
    totals: totalsOf(lines, progress.after),
  });
}

function progressAfter(
  progress: Progress,
  { sku, quantity }: OrderLine,
  action: LineAction,
  { name }: Actor,
): { readonly after: Progress } | Extract<Decision, { kind: 'refused' }> {
  const now = lineOf(progress, sku);
  if (action.type === 'short') {
    if (now.counted >= quantity)
      return { kind: 'refused', refusal: 'wrong-state', message: `Nothing of ${sku} is missing.` };
    const short = { reason: action.reason, note: action.note ?? null, by: name };
    return { after: withLine(progress, sku, { counted: now.counted, short }) };
  }
  const counted = action.type === 'scan' ? now.counted + action.quantity : action.counted;
  if (counted > quantity) {
    return {
      kind: 'refused',
      refusal: 'surplus',
      message: `${quantity} of ${sku} are wanted; this would be ${counted}.`,
    };
  }
  if (action.type === 'scan' && now.short !== undefined && counted < quantity) {
    return { after: withLine(progress, sku, { counted, short: now.short }) };
  }
  if (counted > 0) return { after: withLine(progress, sku, { counted }) };
  return { after: Object.fromEntries(Object.entries(progress).filter(([key]) => key !== sku)) };
}

/** OTO has refused to hear of this step, or somebody cancelled the telling: it may be said again. */
function mayBeSaidAgain(order: Order, status: PackingStatus): boolean {
  return order.state === status && order.oto_has !== status && (order.told === 'refused' || order.told === 'cancelled');
}

function pick(order: Order, actor: Actor, rules: Rules): Decision {
  if (mayBeSaidAgain(order, 'picked')) return done({}, { tell: 'picked', message: 'said again' });
  if (order.state !== 'ready' && order.state !== 'picking') return wrongState(order);
  const claimed = goingOn(order, actor, rules);
  if (isDecision(claimed)) return claimed;
  const complete = completeness(linesOf(order.items), order.progress);
  if (complete === 'open') return refused('incomplete', 'Something is neither counted nor short.');
  return complete === 'counted' ? done({}, { tell: 'picked' }) : done({ ...free, state: 'short', changed: null });
}

function reopen(order: Order, actor: Actor): Decision {
  if (actor.role === 'picker') return needsSupervisor();
  // OTO has changed it after it was picked: what is missing has to be picked as well.
  const hasGrown = order.state === 'picked' && order.changed !== null && !isOpen(order);
  if (order.state !== 'short' && !hasGrown) return wrongState(order);
  return done({ ...free, state: 'picking', ...(hasGrown ? { pick_operation: null, picked_at: null } : {}) });
}

function isOpen({ told }: Order): boolean {
  return told !== null && ['ready', 'waiting', 'sending', 'unknown', 'parked'].includes(told);
}

function pack(order: Order, actor: Actor, rules: Rules): Decision {
  if (mayBeSaidAgain(order, 'packed')) return done({}, { tell: 'packed', message: 'said again' });
  if (order.state !== 'picked') return wrongState(order);
  const holder = holderOf(order, actor, rules);
  if (holder !== undefined) return claimedBy(holder);
  if (order.told === 'refused' && order.oto_has === null) return refused('wrong-state', 'OTO has refused the pick.');
  if (order.changed !== null && completeness(linesOf(order.items), order.progress) === 'open') {
    return refused('incomplete', `OTO has changed the order: ${order.changed}.`);
  }
  return done({}, { tell: 'packed' });
}

function undo(order: Order, actor: Actor, rules: Rules): Decision {
  if (order.state !== 'picked' && order.state !== 'packed') return wrongState(order);
  const operation = order.state === 'packed' ? order.pack_operation : order.pick_operation;
  if (operation === null || (order.told !== 'ready' && order.told !== 'waiting')) {
    return refused('too-late', 'OTO has been told, or is just being told.');
  }
  if (order.state === 'packed') {
    const wasPicked = order.pick_operation !== null || order.oto_has !== null;
    const state = wasPicked ? 'picked' : Object.keys(order.progress).length > 0 ? 'picking' : 'ready';
    return done({ state, pack_operation: null, packed_at: null }, { cancel: operation });
  }
  const holder = holderOf(order, actor, rules);
  if (holder !== undefined) return claimedBy(holder);
  const change = { pick_operation: null, picked_at: null };
  // A supervisor had let a short pick go: it waits for one again.
  if (completeness(linesOf(order.items), order.progress) === 'short') {
    return done({ ...change, ...free, state: 'short' }, { cancel: operation });
  }
  return done({ ...change, ...taken(order, actor, rules), state: 'picking' }, { cancel: operation });
}

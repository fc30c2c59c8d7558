import type {
  StationAction,
  StationItem,
  StationList,
  StationOrder,
  StationOrderDetail,
  StationState,
} from '../model/station.ts';

/** The newer of what is known and what came: an answer that was on its way for long never overwrites a later one. */
export function newer<T extends { readonly version: number }>(known: T | undefined, came: T): T {
  return known !== undefined && known.version > came.version ? known : came;
}

/** An order with what this device has not sent yet put on top. */
export interface Shown<T extends StationOrder> {
  readonly order: T;
  /** How many actions of this device on it the server does not have. */
  readonly unsent: number;
  /** SKUs of lines that such actions change. */
  readonly unsentSkus: ReadonlySet<string>;
}

/** What the order will be when the server takes all that waits. Nothing in it is sure, so `unsent` says how much of it is hope. */
export function withWaiting(
  order: StationOrderDetail,
  waiting: readonly StationAction[],
  me: { readonly id: number; readonly name: string },
): Shown<StationOrderDetail> {
  const own = waiting.filter((action) => action.order === order.id);
  // Somebody else has it: what this device counted meanwhile will be refused, and shown on top of theirs it would look like more.
  const theirs = order.claim !== null && order.claim.staffId !== me.id;
  const likely = theirs ? own.filter(({ type }) => !forClaimant.has(type)) : own;
  const after = likely.reduce((now, action) => step(now, action, me), order);
  const counted = after.items.reduce((sum, item) => sum + item.counted, 0);
  return {
    order: { ...after, counted },
    unsent: own.length,
    unsentSkus: new Set(own.flatMap((action) => ('sku' in action ? [action.sku] : []))),
  };
}

const forClaimant: ReadonlySet<StationAction['type']> = new Set(['claim', 'scan', 'count', 'short', 'pick']);

type Me = { readonly id: number; readonly name: string };

function step(order: StationOrderDetail, action: StationAction, me: Me): StationOrderDetail {
  const change = (sku: string, item: (now: StationItem) => StationItem): StationOrderDetail => ({
    ...order,
    items: order.items.map((now) => (now.sku === sku ? item(now) : now)),
  });
  const become = (state: StationState): StationOrderDetail => ({ ...order, state });
  switch (action.type) {
    case 'claim':
      return { ...become('picking'), claim: { staffId: me.id, name: me.name, since: action.at } };
    case 'release':
      return { ...become(order.counted > 0 ? 'picking' : 'ready'), claim: null };
    case 'scan':
      return change(action.sku, (now) => ({ ...now, counted: Math.min(now.counted + action.quantity, now.quantity) }));
    case 'count':
      return change(action.sku, (now) => ({ ...now, counted: action.counted, short: null }));
    case 'short':
      return change(action.sku, (now) => ({
        ...now,
        short: { reason: action.reason, note: action.note ?? null, by: me.name },
      }));
    case 'pick':
      return become(order.items.some(({ short }) => short !== null) ? 'short' : 'picked');
    case 'approve':
      return become('picked');
    case 'reopen':
      return become('picking');
    case 'pack':
      return become('packed');
    case 'undo':
      return become(order.state === 'packed' ? 'picked' : 'picking');
  }
}

/** Whether every line is counted or short, and whether any is short. */
export function standing(items: readonly StationItem[]): 'open' | 'counted' | 'short' {
  if (items.some((item) => item.counted < item.quantity && item.short === null)) return 'open';
  return items.some((item) => item.short !== null) ? 'short' : 'counted';
}

/** Oldest first; the order of equals never changes from one look to the next. */
export function byAge(one: StationOrder, other: StationOrder): number {
  return one.since < other.since ? -1 : one.since > other.since ? 1 : one.id < other.id ? -1 : 1;
}

/**
 * Ids of orders that were known before a list was asked for, belong into it and are not in it: the device has missed what became of them.
 * Of what stands behind the last row of a list that goes on, nothing is said.
 */
export function unlisted(
  before: ReadonlyMap<string, StationOrder>,
  list: Pick<StationList, 'orders' | 'next'>,
  { location, fits }: { readonly location: string; readonly fits: (order: StationOrder) => boolean },
): Map<string, number> {
  const listed = new Set(list.orders.map(({ id }) => id));
  const last = list.next === null ? undefined : list.orders.at(-1);
  const missed = [...before.values()].filter(
    (order) =>
      order.location === location &&
      fits(order) &&
      !listed.has(order.id) &&
      (list.next === null || (last !== undefined && byAge(order, last) < 0)),
  );
  return new Map(missed.map(({ id, version }) => [id, version]));
}

/** Whether somebody still has to do something for it, or nobody knows whether OTO has it. The server's `open`, for what comes live. */
export function isOpen({ state, oto }: StationOrder): boolean {
  return state !== 'left' && !(state === 'packed' && oto?.state === 'has');
}

/** Whether it does not go on by itself. The server's `trouble`. */
export function isTrouble({ oto, erp, problem }: StationOrder): boolean {
  const stuck = (state: string | undefined) => state === 'refused' || state === 'parked' || state === 'unmatched';
  return stuck(oto?.state) || stuck(erp?.state) || problem !== null;
}

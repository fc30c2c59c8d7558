import { batch, computed, signal } from '@preact/signals';
import type { StationList, StationOrder, StationOrderDetail } from '../model/station.ts';
import { api } from './api.ts';
import { ApiError } from './api-error.ts';
import { byAge, isOpen, isTrouble, newer } from './store-rules.ts';

/** What the server has said of the orders of one location. Nothing else is kept here: what waits on this device is put on top where it is shown. */
export const orders = signal<ReadonlyMap<string, StationOrder>>(new Map());
export const details = signal<ReadonlyMap<string, StationOrderDetail>>(new Map());
/** Ids that the server does not know, or does not show to this person. */
export const gone = signal<ReadonlySet<string>>(new Set());
export const counts = signal<StationList['counts'] | null>(null);
/** When OTO's list of this location was last read by the server. */
export const otoReadAt = signal<Date | null>(null);
/** Where the stream of events goes on. */
export const cursor = signal('');
/** When the server last said something. What is shown is as of then, unless the stream of events lives. */
export const heardAt = signal<Date | null>(null);

/** The server's figures come a moment after an order changes. Where the orders known here say more, they count: never green too early. */
const atLeast = (figure: 'waiting' | 'trouble', fits: (order: StationOrder) => boolean) =>
  computed(() => Math.max(counts.value?.[figure] ?? 0, [...orders.value.values()].filter(fits).length));
export const waitingCount = atLeast('waiting', ({ oto }) => oto?.state === 'waiting');
export const troubleCount = atLeast('trouble', isTrouble);

export function takeOrder(came: StationOrder): void {
  batch(() => {
    const known = orders.value.get(came.id);
    const kept = newer(known, came);
    if (kept !== known) orders.value = new Map(orders.value).set(came.id, summaryOf(kept));
  });
}

export function takeDetail(came: StationOrderDetail): void {
  batch(() => {
    const known = details.value.get(came.id);
    const kept = newer(known, came);
    if (kept !== known) details.value = new Map(details.value).set(came.id, kept);
    if (gone.value.has(came.id)) gone.value = new Set([...gone.value].filter((id) => id !== came.id));
    takeOrder(came);
  });
}

export function takeList(list: StationList): void {
  batch(() => {
    const next = new Map(orders.value);
    for (const came of list.orders) next.set(came.id, newer(next.get(came.id), came));
    orders.value = next;
    counts.value = list.counts;
    otoReadAt.value = list.readAt === null ? null : new Date(list.readAt);
    heardAt.value = new Date();
  });
}

/** Forgets orders that are still as they were at these versions: what came meanwhile is news. */
export function forget(known: ReadonlyMap<string, number>): void {
  if (known.size === 0) return;
  orders.value = new Map([...orders.value].filter(([id, { version }]) => known.get(id) !== version));
}

/** Another location, or another person: nothing of it is theirs. */
export function forgetOrders(): void {
  batch(() => {
    orders.value = new Map();
    details.value = new Map();
    gone.value = new Set();
    counts.value = null;
    otoReadAt.value = null;
    cursor.value = '';
  });
}

/** Reads one order with its lines. @throws ApiError other than that it is not there */
export async function loadDetail(id: string): Promise<void> {
  try {
    takeDetail(await api.order(id));
    heardAt.value = new Date();
  } catch (error) {
    if (!(error instanceof ApiError) || error.status !== 404) throw error;
    gone.value = new Set([...gone.value, id]);
  }
}

function summaryOf(order: StationOrder): StationOrder {
  if (!('items' in order)) return order;
  const { items: _, history: __, ...summary } = order as StationOrderDetail;
  return summary;
}

/** What is kept for a start without the server. */
export interface OrdersKept {
  readonly orders: readonly StationOrder[];
  readonly details: readonly StationOrderDetail[];
  readonly counts: StationList['counts'] | null;
}

/** Lists can be long, and a device is small: the oldest ones are those that are picked next. */
const keptOrders = 500;

export const snapshot = computed(
  (): OrdersKept => ({
    orders: [...orders.value.values()].filter(isOpen).sort(byAge).slice(0, keptOrders),
    details: [...details.value.values()].slice(-keptOrders),
    counts: counts.value,
  }),
);

/** Shows what was known before. Whatever the server says takes its place, also where a database was restored meanwhile and counts from below. */
export function recallOrders(kept: OrdersKept, at: Date): void {
  batch(() => {
    for (const order of kept.orders) takeOrder({ ...order, version: -1 });
    for (const detail of kept.details) takeDetail({ ...detail, version: -1 });
    counts.value ??= kept.counts;
    heardAt.value ??= at;
  });
}

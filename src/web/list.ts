import { batch, computed, type ReadonlySignal, signal } from '@preact/signals';
import type { StationOrder, StationView } from '../model/station.ts';
import { api } from './api.ts';
import type { ApiError } from './api-error.ts';
import { forget, orders, takeList } from './orders.ts';
import { byAge, isOpen, isTrouble, unlisted } from './store-rules.ts';

const pageSize = 100;

/** Whether an order belongs to a view: for what comes live. */
const fits: Readonly<Record<StationView, (order: StationOrder) => boolean>> = {
  open: isOpen,
  claimed: (order) => isOpen(order) && order.claim !== null,
  ready: ({ state }) => state === 'ready',
  picking: ({ state }) => state === 'picking',
  short: ({ state }) => state === 'short',
  picked: ({ state }) => state === 'picked',
  trouble: isTrouble,
  done: (order) => !isOpen(order),
};

/** A list of orders: what the server listed, kept true by what comes live. */
export interface OrderList {
  readonly rows: ReadonlySignal<readonly StationOrder[]>;
  readonly more: ReadonlySignal<boolean>;
  readonly loading: ReadonlySignal<boolean>;
  /** Why the last reading failed. The rows are those of before. */
  readonly failure: ReadonlySignal<ApiError | null>;
  /** False until it was read once. */
  readonly loaded: ReadonlySignal<boolean>;
  load(): Promise<void>;
  loadMore(): Promise<void>;
}

export function createList(location: string, view: StationView, q = ''): OrderList {
  const ids = signal<readonly string[]>([]);
  const next = signal<string | null>(null);
  const loading = signal(false);
  const loaded = signal(false);
  const failure = signal<ApiError | null>(null);
  let turn = 0;

  const rows = computed(() => {
    const known = orders.value;
    const listed = ids.value.flatMap((id) => known.get(id) ?? []);
    // What was searched for stays, whatever becomes of it.
    if (q !== '') return listed;
    const seen = new Set(ids.value);
    const came = [...known.values()].filter((order) => !seen.has(order.id) && order.location === location);
    // Where more is to come, what is younger than the last row comes with it.
    const last = listed.at(-1);
    const near = next.value === null || last === undefined ? came : came.filter((order) => byAge(order, last) < 0);
    const fitting = [...listed, ...near].filter(fits[view]);
    return view === 'done' ? fitting.sort((one, other) => byAge(other, one)) : fitting.sort(byAge);
  });

  async function read(after: string | null): Promise<void> {
    turn += 1;
    const mine = turn;
    const before = orders.peek();
    loading.value = true;
    try {
      const list = await api.orders({
        location,
        view,
        ...(q === '' ? {} : { q }),
        ...(after === null ? {} : { after }),
        limit: pageSize,
      });
      if (mine !== turn) return;
      batch(() => {
        takeList(list);
        // Those that are done come the last one first: only the whole of them says what is missing.
        if (after === null && q === '' && (view !== 'done' || list.next === null))
          forget(unlisted(before, list, { location, fits: fits[view] }));
        const found = list.orders.map(({ id }) => id);
        ids.value = after === null ? found : [...new Set([...ids.value, ...found])];
        next.value = list.next;
        failure.value = null;
        loaded.value = true;
      });
    } catch (error) {
      if (mine === turn) failure.value = error as ApiError;
    } finally {
      if (mine === turn) loading.value = false;
    }
  }

  return {
    rows,
    more: computed(() => next.value !== null),
    loading,
    failure,
    loaded,
    load: () => read(null),
    loadMore: () => read(next.value),
  };
}

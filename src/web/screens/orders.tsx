import { useSignal } from '@preact/signals';
import { useEffect, useMemo } from 'preact/hooks';
import type { StationState, StationView } from '../../model/station.ts';
import { api } from '../api.ts';
import { numberText } from '../clock.ts';
import type { Scan } from '../device.ts';
import { createList } from '../list.ts';
import { onListStale } from '../live.ts';
import { counts, orders, takeList } from '../orders.ts';
import { announce } from '../parts/announce.tsx';
import { useDevice } from '../parts/device-context.ts';
import { Icon } from '../parts/icon.tsx';
import { ListView } from '../parts/list-view.tsx';
import { go, hrefOf } from '../route.ts';
import { match } from '../scan/match.ts';
import { say } from '../texts/index.ts';
import { isMine } from '../work.ts';
import { Order } from './order.tsx';

const states = ['ready', 'picking', 'short', 'picked'] as const;
type Filter = 'all' | 'mine' | (typeof states)[number] | 'done';

/** What the server is asked for: a choice among what is loaded would leave out what is not. */
const viewOf = (filter: Filter): StationView => (filter === 'all' ? 'open' : filter === 'mine' ? 'claimed' : filter);

/** The list, and beside it (on a handheld: in its place) the order that was chosen. */
export function Orders({ place, current }: { readonly place: string; readonly current: string | null }) {
  const device = useDevice();
  const text = say.value;
  const filter = useSignal<Filter>('all');
  const typed = useSignal('');
  const search = useSignal('');
  const view = viewOf(filter.value);
  const q = search.value;
  const list = useMemo(() => createList(place, view, q), [place, view, q]);
  useEffect(() => {
    void list.load();
    return onListStale(() => void list.load());
  }, [list]);
  useEffect(() => {
    const wanted = typed.value.trim();
    const timer = setTimeout(() => {
      search.value = wanted;
    }, 250);
    return () => clearTimeout(timer);
  }, [typed.value]);

  const rows = list.rows.value.filter((order) => filter.value !== 'mine' || isMine(order));

  /** A scan that was not for the open order: an order's number, or an item that orders need. */
  const look = async (scan: Scan): Promise<boolean> => {
    const known = [...orders.value.keys()].map((id) => ({ key: id, codes: [id] }));
    const found = match(scan.candidates, known);
    if (found.kind === 'one') return open(found.key);
    for (const candidate of scan.candidates) {
      const answer = await api.orders({ location: place, view: 'open', q: candidate, limit: 100 }).catch(() => null);
      if (answer === null || answer.orders.length === 0) continue;
      takeList(answer);
      const [first] = answer.orders;
      if (answer.orders.length === 1 && first !== undefined) return open(first.id);
      typed.value = candidate;
      filter.value = 'all';
      go(hrefOf.orders);
      device.feedback.ok();
      announce(text('orders.needItem', { code: candidate }));
      return true;
    }
    device.feedback.wrong();
    announce(text('orders.scanUnknown', { code: scan.code }), 'urgent');
    return false;
  };
  const open = (id: string) => {
    device.feedback.ok();
    announce(text('scan.opened', { id }));
    go(hrefOf.order(id));
    return true;
  };

  return (
    <div class="panes" data-order={current ?? undefined}>
      <section class="pane list-pane" aria-label={text('orders.title')}>
        {current === null && <h1 class="unseen">{text('orders.title')}</h1>}
        <div class="list-tools">
          <form
            class="search"
            onSubmit={(event) => {
              event.preventDefault();
              const code = typed.value.trim();
              if (code !== '') void look({ code, candidates: [code], held: 0 });
            }}
          >
            <Icon name="search" />
            <input
              type="search"
              aria-label={text('orders.search')}
              placeholder={text('orders.search')}
              value={typed}
              dir={typed.value === '' ? undefined : 'auto'}
              onInput={({ currentTarget }) => {
                typed.value = currentTarget.value;
              }}
            />
            {typed.value !== '' && (
              <button
                type="button"
                class="quiet"
                aria-label={text('orders.clear')}
                onClick={() => {
                  typed.value = '';
                }}
              >
                <Icon name="close" />
              </button>
            )}
          </form>
          <fieldset class="filters">
            <legend class="unseen">{text('orders.filter')}</legend>
            <FilterButton of={filter} to="all" label={text('orders.open')} />
            <FilterButton of={filter} to="mine" label={text('orders.mine')} />
            {states.map((state) => (
              <FilterButton key={state} of={filter} to={state} label={text(`state.${state}`)} count={countOf(state)} />
            ))}
            <FilterButton of={filter} to="done" label={text('orders.done')} />
          </fieldset>
        </div>
        <ListView list={list} rows={rows} label="orders.title" current={current} empty={emptyText(q, filter.value)} />
      </section>
      <section class="pane order-pane" aria-label={current === null ? undefined : text('order.title', { id: current })}>
        <Order key={current} id={current} onOtherScan={look} />
      </section>
    </div>
  );
}

function FilterButton({
  of,
  to,
  label,
  count,
}: {
  readonly of: { value: Filter };
  readonly to: Filter;
  readonly label: string;
  readonly count?: number | undefined;
}) {
  return (
    <button
      type="button"
      aria-pressed={of.value === to}
      onClick={() => {
        of.value = to;
      }}
    >
      {label}
      {count !== undefined && <span class="count">{numberText.value(count)}</span>}
    </button>
  );
}

const countOf = (state: StationState): number | undefined =>
  state === 'packed' || state === 'left' ? undefined : counts.value?.[state];

function emptyText(q: string, filter: Filter): string {
  const text = say.value;
  if (q !== '') return text('orders.notFound', { text: q });
  if (filter === 'done') return text('orders.emptyDone');
  if (filter === 'mine') return text('orders.emptyMine');
  return text(filter === 'all' ? 'orders.empty' : 'orders.emptyFilter');
}

import type { ComponentChildren } from 'preact';
import type { StationOrder } from '../../model/station.ts';
import type { OrderList } from '../list.ts';
import { say, type TextName } from '../texts/index.ts';
import { OrderRow } from './order-row.tsx';

interface ListViewProps {
  readonly list: OrderList;
  readonly rows?: readonly StationOrder[];
  readonly empty: string;
  readonly label: TextName;
  readonly current?: string | null;
  readonly extra?: (order: StationOrder) => ComponentChildren;
}

/** Orders, with what there is to say where there are none, or where they could not be read. */
export function ListView({ list, rows = list.rows.value, empty, label, current, extra }: ListViewProps) {
  const text = say.value;
  const failure = list.failure.value;
  return (
    <>
      {failure !== null && failure.kind !== 'offline' && (
        <p class="note bad">
          <span>{text('app.failed', { reason: failure.message })}</span>
          <button type="button" onClick={() => void list.load()}>
            {text('app.retry')}
          </button>
        </p>
      )}
      {rows.length > 0 && (
        <ul class="rows" aria-label={text(label)}>
          {rows.map((order) => (
            <OrderRow key={order.id} order={order} current={order.id === current}>
              {extra?.(order)}
            </OrderRow>
          ))}
        </ul>
      )}
      {rows.length === 0 && (
        <p class="empty">{list.loading.value && !list.loaded.value ? text('app.loading') : empty}</p>
      )}
      {list.more.value && (
        <button type="button" class="wide" disabled={list.loading.value} onClick={() => void list.loadMore()}>
          {text('app.more')}
        </button>
      )}
    </>
  );
}

import type { ComponentChildren } from 'preact';
import type { StationOrder } from '../../model/station.ts';
import { ageText, now } from '../clock.ts';
import { hrefOf } from '../route.ts';
import { say } from '../texts/index.ts';
import { isMine, unsentOf } from '../work.ts';
import { Code } from './code.tsx';
import { Deliveries } from './delivery.tsx';
import { useDevice } from './device-context.ts';
import { Icon } from './icon.tsx';

/** An order in a list. `children`: what else this list says of it, and offers. */
export function OrderRow({
  order,
  current = false,
  children,
}: {
  readonly order: StationOrder;
  readonly current?: boolean;
  readonly children?: ComponentChildren;
}) {
  const { outbox } = useDevice();
  const text = say.value;
  const unsent = unsentOf(outbox, order.id);
  return (
    <li class="row" data-order={order.id} data-state={order.state} data-oto={order.oto?.state ?? 'none'}>
      <a href={hrefOf.order(order.id)} aria-current={current ? 'true' : undefined}>
        <span class="row-head">
          <Code>{order.id}</Code>
          <StateChip order={order} />
          <span class="age">{ageText(now.value - Date.parse(order.since))}</span>
        </span>
        <span class="row-facts">
          <span>
            {text('orders.lines', { count: order.lines })} · {text('orders.units', { count: order.units })}
            {order.counted > 0 && order.counted < order.units && (
              <> · {text('orders.progress', { counted: order.counted, units: order.units })}</>
            )}
          </span>
          {order.claim !== null && (
            <span class={isMine(order) ? 'claim mine' : 'claim'}>
              <Icon name="person" />
              {isMine(order) ? text('orders.claimedByYou') : text('orders.claimedBy', { name: order.claim.name })}
            </span>
          )}
        </span>
        {(order.oto !== null || order.erp !== null || unsent > 0) && <Deliveries order={order} unsent={unsent} />}
      </a>
      {children}
    </li>
  );
}

export function StateChip({ order: { state } }: { readonly order: StationOrder }) {
  return <span class={`chip state-${state}`}>{say.value(`state.${state}`)}</span>;
}

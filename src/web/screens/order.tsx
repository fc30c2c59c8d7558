import { useSignal } from '@preact/signals';
import { useEffect, useMemo, useRef } from 'preact/hooks';
import type { StationOrderDetail } from '../../model/station.ts';
import type { ApiError } from '../api-error.ts';
import { timeText } from '../clock.ts';
import { countScan, isCountable, itemOf, scanWord, wrong } from '../counting.ts';
import type { Scan } from '../device.ts';
import { live } from '../live.ts';
import { details, gone, loadDetail, orders } from '../orders.ts';
import { Code } from '../parts/code.tsx';
import { Deliveries } from '../parts/delivery.tsx';
import { useDevice } from '../parts/device-context.ts';
import { Icon } from '../parts/icon.tsx';
import { StateChip } from '../parts/order-row.tsx';
import { hrefOf } from '../route.ts';
import { say } from '../texts/index.ts';
import { isOthers, shownOrder } from '../work.ts';
import { History } from './history.tsx';
import { Line } from './line.tsx';
import { OrderActions } from './order-actions.tsx';
import { ScanStrip } from './scan-strip.tsx';

interface OrderProps {
  readonly id: string | null;
  /** What to do with a scan that is not for this order. */
  readonly onOtherScan: (scan: Scan) => Promise<boolean>;
}

export function Order({ id, onOtherScan }: OrderProps) {
  const device = useDevice();
  const text = say.value;
  const failed = useSignal<string | null>(null);
  const shown = useMemo(() => (id === null ? null : shownOrder(device.outbox, id)), [device, id]);

  // What came live says that there is something newer than what is shown here.
  const latest = id === null ? undefined : orders.value.get(id)?.version;
  const connected = live.value === 'live';
  const held = id === null ? undefined : details.value.get(id)?.version;
  const heading = useRef<HTMLHeadingElement>(null);
  useEffect(() => {
    scanWord.value = null;
    // On a handheld the list, with what had the focus in it, is gone from the screen.
    if (id !== null && matchMedia('(max-width: 899px)').matches) heading.current?.focus({ preventScroll: true });
  }, [id]);
  useEffect(() => {
    if (id === null || (held !== undefined && latest !== undefined && held >= latest)) return;
    failed.value = null;
    loadDetail(id).catch((error: ApiError) => {
      const away = error.kind === 'offline' || error.kind === 'busy';
      failed.value = say.peek()(away ? 'order.notKept' : 'app.failed', { reason: error.message });
    });
  }, [id, latest, held, connected]);

  // One scan after the other: each counts on top of the one before.
  const line = useRef(Promise.resolve());
  useEffect(
    () =>
      device.scanner.onScan((scan) => {
        line.current = line.current.then(async () => {
          const order = shown?.value?.order;
          if (id !== null && order === undefined && !gone.value.has(id)) return wrong(device, say.peek()('scan.wait'));
          const otherOrder = orders.value.has(scan.code) && scan.code !== id;
          const here =
            order !== undefined && (itemOf(scan, order).kind !== 'none' || (isCountable(order) && !otherOrder));
          if (here) await countScan(device, order, scan);
          else await onOtherScan(scan);
        });
      }),
    [device, shown, id, onOtherScan],
  );

  if (id === null) return <p class="empty">{text('orders.pick')}</p>;
  const now = shown?.value;
  return (
    <article class="order" data-order={id} data-state={now?.order.state}>
      <header class="order-head">
        <a class="back" href={hrefOf.orders} aria-label={text('app.back')}>
          <Icon name="back" />
        </a>
        <h1 ref={heading} tabIndex={-1}>
          <Code>{id}</Code>
        </h1>
        {now !== undefined && <StateChip order={now.order} />}
      </header>
      {now === undefined && (
        <p class="empty">{gone.value.has(id) ? text('order.gone') : (failed.value ?? text('app.loading'))}</p>
      )}
      {now !== undefined && <Body order={now.order} unsent={now.unsent} unsentSkus={now.unsentSkus} />}
    </article>
  );
}

interface BodyProps {
  readonly order: StationOrderDetail;
  readonly unsent: number;
  readonly unsentSkus: ReadonlySet<string>;
}

function Body({ order, unsent, unsentSkus }: BodyProps) {
  const open = isCountable(order);
  return (
    <>
      <div class="order-body">
        <OrderNotes order={order} unsent={unsent} />
        <ul class="lines" aria-label={say.value('order.items')}>
          {order.items.map((item) => (
            <Line key={item.sku} order={order} item={item} unsent={unsentSkus.has(item.sku)} open={open} />
          ))}
        </ul>
        <History order={order} />
      </div>
      <footer class="order-foot">
        <ScanStrip order={order} />
        <OrderActions order={order} />
      </footer>
    </>
  );
}

function OrderNotes({ order, unsent }: { readonly order: StationOrderDetail; readonly unsent: number }) {
  const text = say.value;
  const { state, why, units, counted, claim, problem, changed, oto, erp, since } = order;
  return (
    <div class="order-notes">
      <div class="progress-row">
        <progress max={Math.max(units, 1)} value={counted} aria-label={text('orders.progress', { counted, units })} />
        <span>{text('orders.progress', { counted, units })}</span>
      </div>
      <p class="facts">
        <Deliveries order={order} unsent={unsent} />
        <span class="muted">{text('order.since', { time: timeText.value(since) })}</span>
      </p>
      {isOthers(order) && claim !== null && (
        <p class="note wait">
          <Icon name="person" />
          <span>{text('order.claimedBy', { name: claim.name, time: timeText.value(claim.since) })}</span>
        </p>
      )}
      {state === 'left' && (
        <p class="note bad">
          <Icon name="alert" />
          <span>{why === null ? text('order.leftNoReason') : text('order.left', { reason: why })}</span>
        </p>
      )}
      {state === 'short' && (
        <p class="note wait">
          <Icon name="alert" />
          <span>{text('order.shortWaits')}</span>
        </p>
      )}
      {changed !== null && (
        <p class="note wait">
          <Icon name="alert" />
          <span>{text('order.changed', { reason: changed })}</span>
        </p>
      )}
      {problem !== null && (
        <p class="note bad">
          <Icon name="alert" />
          <span>{text('order.problem', { reason: problem })}</span>
        </p>
      )}
      {[oto, erp].map(
        (one, index) =>
          one !== null &&
          one.reason !== null && (
            <p class="note bad" key={index === 0 ? 'oto' : 'erp'}>
              <Icon name="alert" />
              <span dir="auto">
                {text(index === 0 ? 'delivery.oto' : 'delivery.erp')}: {one.reason}
              </span>
            </p>
          ),
      )}
    </div>
  );
}

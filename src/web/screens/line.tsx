import { useSignal } from '@preact/signals';
import type { StationItem, StationOrderDetail } from '../../model/station.ts';
import { numberText } from '../clock.ts';
import { countMore } from '../counting.ts';
import { Code } from '../parts/code.tsx';
import { useDevice } from '../parts/device-context.ts';
import { Icon } from '../parts/icon.tsx';
import { ShortNote } from '../parts/short-note.tsx';
import { say } from '../texts/index.ts';
import { actOnLines } from '../work.ts';
import { CountDialog } from './count-dialog.tsx';
import { ShortDialog } from './short-dialog.tsx';

interface LineProps {
  readonly order: StationOrderDetail;
  readonly item: StationItem;
  readonly unsent: boolean;
  /** False where this person can only look. */
  readonly open: boolean;
}

/** One line of an order: what it is, how many of it are counted, and what can be done with it. */
export function Line({ order, item, unsent, open }: LineProps) {
  const device = useDevice();
  const text = say.value;
  const asks = useSignal<'count' | 'short' | null>(null);
  const { sku, name, quantity, counted, short } = item;
  const complete = counted >= quantity;
  const close = () => {
    asks.value = null;
  };
  const set = (to: number) => actOnLines(device, order, { type: 'count', order: order.id, sku, counted: to });

  return (
    <li
      class="line"
      data-sku={sku}
      data-counted={counted}
      data-complete={complete ? '' : undefined}
      data-short={short === null ? undefined : ''}
      data-open={open ? '' : undefined}
    >
      <div class="line-what">
        <b>
          <bdi>{name === '' ? sku : name}</bdi>
        </b>
        <span class="line-sku">
          <Code>{sku}</Code>
          {unsent && (
            <span class="delivery wait">
              <Icon name="clock" />
              {text('order.pending')}
            </span>
          )}
        </span>
        {short !== null && <ShortNote short={short} />}
      </div>
      <div class="line-count">
        {open && (
          <button
            type="button"
            aria-label={text('line.minus', { sku })}
            disabled={counted === 0}
            onClick={() => void set(counted - 1)}
          >
            <Icon name="minus" />
          </button>
        )}
        <Figure item={item} open={open} onEnter={() => (asks.value = 'count')} />
        {open && (
          <button
            type="button"
            aria-label={text('line.plus', { sku })}
            disabled={complete}
            onClick={() => void countMore(device, order, item, 1)}
          >
            <Icon name="plus" />
          </button>
        )}
        {open && short === null && !complete && (
          <button type="button" class="quiet short-button" onClick={() => (asks.value = 'short')}>
            {text('line.short')}
          </button>
        )}
        {open && short !== null && (
          <button type="button" class="quiet short-button" onClick={() => void set(counted)}>
            {text('line.shortBack')}
          </button>
        )}
      </div>
      {asks.value === 'count' && <CountDialog item={item} onClose={close} onCount={(to) => void set(to)} />}
      {asks.value === 'short' && (
        <ShortDialog
          item={item}
          onClose={close}
          onShort={(reason, note) =>
            void actOnLines(device, order, {
              type: 'short',
              order: order.id,
              sku,
              reason,
              ...(note === '' ? {} : { note }),
            })
          }
        />
      )}
    </li>
  );
}

function Figure({
  item,
  open,
  onEnter,
}: {
  readonly item: StationItem;
  readonly open: boolean;
  readonly onEnter: () => void;
}) {
  const { sku, counted, quantity } = item;
  const number = numberText.value;
  const figure = (
    <bdi class="figure" dir="ltr">
      {counted >= quantity && <Icon name="check" />}
      <b>{number(counted)}</b>
      <span>/ {number(quantity)}</span>
    </bdi>
  );
  if (!open) {
    return (
      <span class="figure-box" role="img" aria-label={say.value('line.counted', { counted, quantity })}>
        {figure}
      </span>
    );
  }
  return (
    <button type="button" class="figure-box" onClick={onEnter}>
      {figure}
      {/* Behind what is seen, not in its place: who speaks to the device says what they see. */}
      <span class="unseen"> {say.value('line.enter', { sku })}</span>
    </button>
  );
}

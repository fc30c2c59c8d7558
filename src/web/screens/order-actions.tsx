import { useSignal } from '@preact/signals';
import { useEffect, useRef } from 'preact/hooks';
import type { StationOrderDetail } from '../../model/station.ts';
import { isCountable, scanWord } from '../counting.ts';
import type { NewAction } from '../device.ts';
import { useDevice } from '../parts/device-context.ts';
import { Dialog } from '../parts/dialog.tsx';
import { Icon } from '../parts/icon.tsx';
import { isSupervisor } from '../session.ts';
import { standing } from '../store-rules.ts';
import { say } from '../texts/index.ts';
import { act, isMine, isOthers, waitingOf } from '../work.ts';
import { Approve, TakeAway } from './supervisor-actions.tsx';
import { UndoButton } from './undo-button.tsx';

/** What can be done with the whole order. Nothing is finished while anything waits on this device. */
export function OrderActions({ order }: { readonly order: StationOrderDetail }) {
  const device = useDevice();
  const text = say.value;
  const asks = useSignal<'pick' | 'release' | null>(null);
  const { id, state, items } = order;
  const stands = standing(items);
  const blocked = waitingOf(device.outbox).own.length;
  const finishing = isCountable(order) && isMine(order);
  const left = items.reduce((sum, item) => sum + (item.short === null ? item.quantity - item.counted : 0), 0);

  // The last piece was counted just now: ask, never do it.
  const before = useRef(stands);
  useEffect(() => {
    if (before.current === 'open' && stands !== 'open' && finishing) asks.value = 'pick';
    // It is not complete after all, or not one's own any more: the question would stand in the way of the reason.
    if ((stands === 'open' || !finishing) && asks.peek() === 'pick') asks.value = null;
    before.current = stands;
  }, [stands, finishing]);

  const done = async (action: NewAction) => {
    asks.value = null;
    scanWord.value = null;
    if (await act(device, action)) device.feedback.done();
  };
  const close = () => {
    asks.value = null;
  };

  return (
    <>
      {blocked > 0 && (finishing || state === 'picked') && (
        <p class="note wait" data-note="blocked">
          <Icon name="clock" />
          <span>{text('order.blocked', { count: blocked })}</span>
        </p>
      )}
      <div class="buttons">
        {order.oto?.undoable === true && (state === 'picked' || state === 'packed') && <UndoButton order={order} />}
        {(state === 'ready' || state === 'picking') && order.claim === null && (
          <button
            type="button"
            class="primary"
            data-action="claim"
            onClick={() => void act(device, { type: 'claim', order: id })}
          >
            {text('order.start')}
          </button>
        )}
        {finishing && (
          <>
            <button type="button" data-action="release" onClick={() => (asks.value = 'release')}>
              {text('order.release')}
            </button>
            <button
              type="button"
              class="primary"
              data-action="pick"
              disabled={stands === 'open' || blocked > 0}
              onClick={() => (asks.value = 'pick')}
            >
              {stands === 'open'
                ? text('order.toCount', { count: left })
                : text(stands === 'short' ? 'order.markShort' : 'order.markPicked')}
            </button>
          </>
        )}
        {state === 'picked' && (
          <button
            type="button"
            class="primary"
            data-action="pack"
            disabled={blocked > 0}
            onClick={() => void done({ type: 'pack', order: id })}
          >
            {text('order.markPacked')}
          </button>
        )}
        {isSupervisor.value && state === 'short' && <Approve order={order} />}
        {isSupervisor.value && isOthers(order) && <TakeAway order={order} />}
      </div>
      {asks.value === 'pick' && (
        <Dialog title={text(stands === 'short' ? 'order.allAnsweredShort' : 'order.allCounted')} onClose={close}>
          <p>{text(stands === 'short' ? 'order.allAnsweredShortAsk' : 'order.allCountedAsk', { id })}</p>
          {blocked > 0 && <p class="note wait">{text('order.blocked', { count: blocked })}</p>}
          <div class="buttons">
            <button type="button" onClick={close}>
              {text('order.notYet')}
            </button>
            <button
              type="button"
              class="primary"
              data-action="pick-yes"
              disabled={blocked > 0 || stands === 'open'}
              onClick={() => void done({ type: 'pick', order: id })}
            >
              {text(stands === 'short' ? 'order.markShort' : 'order.markPicked')}
            </button>
          </div>
        </Dialog>
      )}
      {asks.value === 'release' && (
        <Dialog title={text('order.release')} onClose={close}>
          <p>{text('order.releaseAsk')}</p>
          <div class="buttons">
            <button type="button" onClick={close}>
              {text('app.cancel')}
            </button>
            <button
              type="button"
              class="primary"
              onClick={() => {
                close();
                void act(device, { type: 'release', order: id });
              }}
            >
              {text('order.release')}
            </button>
          </div>
        </Dialog>
      )}
    </>
  );
}

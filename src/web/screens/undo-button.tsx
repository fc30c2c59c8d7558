import type { StationOrderDetail } from '../../model/station.ts';
import { now } from '../clock.ts';
import { useDevice } from '../parts/device-context.ts';
import { Icon } from '../parts/icon.tsx';
import { signedIn } from '../session.ts';
import { say } from '../texts/index.ts';
import { act, unsentOf } from '../work.ts';

/** Takes back the last pick or pack, with the seconds that are surely left. After that it still works while OTO has not been told. */
export function UndoButton({ order }: { readonly order: StationOrderDetail }) {
  const device = useDevice();
  const text = say.value;
  const { state, history, id } = order;
  const told = history.findLast(({ type }) => type === 'pick' || type === 'pack' || type === 'approve');
  const until = told === undefined ? 0 : Date.parse(told.at) + (signedIn.value?.undoSeconds ?? 0) * 1000;
  const seconds = Math.ceil((until - now.value) / 1000);
  return (
    <button
      type="button"
      data-action="undo"
      disabled={unsentOf(device.outbox, id) > 0}
      onClick={() => void act(device, { type: 'undo', order: id })}
    >
      <Icon name="undo" />
      {text(state === 'packed' ? 'order.undoPack' : 'order.undoPick')}
      {seconds > 0 && <span class="countdown">{text('order.undoFor', { seconds })}</span>}
    </button>
  );
}

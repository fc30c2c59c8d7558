import { useSignal } from '@preact/signals';
import type { ShortReason, StationItem } from '../../model/station.ts';
import { Dialog } from '../parts/dialog.tsx';
import { say } from '../texts/index.ts';

const reasons: readonly ShortReason[] = ['missing', 'damaged', 'wrong-place', 'other'];

interface ShortDialogProps {
  readonly item: StationItem;
  readonly onShort: (reason: ShortReason, note: string) => void;
  readonly onClose: () => void;
}

/** Asks why there is less than was ordered. */
export function ShortDialog({ item: { name, sku, counted, quantity }, onShort, onClose }: ShortDialogProps) {
  const text = say.value;
  const reason = useSignal<ShortReason | null>(null);
  const note = useSignal('');
  return (
    <Dialog title={text('line.shortTitle')} onClose={onClose}>
      <form
        onSubmit={(event) => {
          event.preventDefault();
          if (reason.value === null) return;
          onShort(reason.value, note.value.trim());
          onClose();
        }}
      >
        <p>
          <bdi>{name === '' ? sku : name}</bdi>: {text('line.counted', { counted, quantity })}
        </p>
        <fieldset class="radios">
          <legend class="unseen">{text('line.shortTitle')}</legend>
          {reasons.map((one) => (
            <label key={one}>
              <input
                type="radio"
                name="reason"
                value={one}
                checked={reason.value === one}
                onChange={() => {
                  reason.value = one;
                }}
              />
              <span>{text(`reason.${one}`)}</span>
            </label>
          ))}
        </fieldset>
        <label class="field">
          <span>{text('line.shortNote')}</span>
          <input
            name="note"
            maxLength={500}
            dir="auto"
            autocomplete="off"
            value={note}
            onInput={({ currentTarget }) => {
              note.value = currentTarget.value;
            }}
          />
        </label>
        <div class="buttons">
          <button type="button" onClick={onClose}>
            {text('app.cancel')}
          </button>
          <button type="submit" class="primary" disabled={reason.value === null}>
            {text('line.shortSave')}
          </button>
        </div>
      </form>
    </Dialog>
  );
}

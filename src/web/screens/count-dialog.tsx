import { useSignal } from '@preact/signals';
import type { StationItem } from '../../model/station.ts';
import { plainDigits } from '../numerals.ts';
import { Dialog } from '../parts/dialog.tsx';
import { say } from '../texts/index.ts';

interface CountDialogProps {
  readonly item: StationItem;
  readonly onCount: (counted: number) => void;
  readonly onClose: () => void;
}

/** Asks how many there are. Nothing stands there yet: whoever only presses the button has counted nothing. */
export function CountDialog({ item: { name, sku, quantity }, onCount, onClose }: CountDialogProps) {
  const text = say.value;
  const typed = useSignal('');
  const failure = useSignal<string | null>(null);
  const save = () => {
    const plain = plainDigits(typed.value).trim();
    if (!/^\d{1,6}$/.test(plain)) failure.value = text('line.enterNumber');
    else if (Number(plain) > quantity) failure.value = text('line.enterTooMany', { count: quantity });
    else {
      onCount(Number(plain));
      onClose();
    }
  };
  return (
    <Dialog title={text('line.enterTitle')} onClose={onClose}>
      <form
        onSubmit={(event) => {
          event.preventDefault();
          save();
        }}
      >
        <p>
          <bdi>{name === '' ? sku : name}</bdi>
        </p>
        <label class="field">
          <span>
            {text('line.enterCounted')} {text('line.enterOf', { quantity })}
          </span>
          <input
            name="counted"
            inputMode="numeric"
            autocomplete="off"
            dir="ltr"
            value={typed}
            aria-invalid={failure.value !== null}
            onInput={({ currentTarget }) => {
              typed.value = currentTarget.value;
              failure.value = null;
            }}
          />
        </label>
        {failure.value !== null && (
          <p class="note bad" role="alert">
            {failure}
          </p>
        )}
        <div class="buttons">
          <button type="button" onClick={onClose}>
            {text('app.cancel')}
          </button>
          <button type="submit" class="primary">
            {text('line.enterSave')}
          </button>
        </div>
      </form>
    </Dialog>
  );
}

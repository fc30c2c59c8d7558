import { useSignal } from '@preact/signals';
import type { StationOrder } from '../../model/station.ts';
import { useDevice } from '../parts/device-context.ts';
import { Dialog } from '../parts/dialog.tsx';
import { say } from '../texts/index.ts';
import { act, unsentOf } from '../work.ts';

/** Decides on a short pick: let it go, or give it back. */
export function Approve({ order: { id } }: { readonly order: StationOrder }) {
  const device = useDevice();
  const text = say.value;
  const asks = useSignal(false);
  const busy = unsentOf(device.outbox, id) > 0;
  return (
    <div class="buttons">
      <button
        type="button"
        data-action="reopen"
        disabled={busy}
        onClick={() => void act(device, { type: 'reopen', order: id })}
      >
        {text('supervisor.reopen')}
      </button>
      <button
        type="button"
        class="primary"
        data-action="approve"
        disabled={busy}
        onClick={() => {
          asks.value = true;
        }}
      >
        {text('supervisor.approve')}
      </button>
      {asks.value && (
        <Ask
          title={text('supervisor.approve')}
          question={text('supervisor.approveAsk')}
          onClose={() => {
            asks.value = false;
          }}
          onYes={() => void act(device, { type: 'approve', order: id })}
        />
      )}
    </div>
  );
}

/** Takes an order from whoever works on it. */
export function TakeAway({ order: { id, claim } }: { readonly order: StationOrder }) {
  const device = useDevice();
  const text = say.value;
  const asks = useSignal(false);
  if (claim === null) return null;
  const { name } = claim;
  return (
    <div class="buttons">
      <button
        type="button"
        data-action="take"
        disabled={unsentOf(device.outbox, id) > 0}
        onClick={() => {
          asks.value = true;
        }}
      >
        {text('supervisor.release', { name })}
      </button>
      {asks.value && (
        <Ask
          title={text('supervisor.release', { name })}
          question={text('supervisor.releaseAsk', { id, name })}
          onClose={() => {
            asks.value = false;
          }}
          onYes={() => void act(device, { type: 'release', order: id })}
        />
      )}
    </div>
  );
}

interface AskProps {
  readonly title: string;
  readonly question: string;
  readonly onYes: () => void;
  readonly onClose: () => void;
}

function Ask({ title, question, onYes, onClose }: AskProps) {
  return (
    <Dialog title={title} onClose={onClose}>
      <p>{question}</p>
      <div class="buttons">
        <button type="button" onClick={onClose}>
          {say.value('app.cancel')}
        </button>
        <button
          type="button"
          class="primary"
          data-action="yes"
          onClick={() => {
            onClose();
            onYes();
          }}
        >
          {title}
        </button>
      </div>
    </Dialog>
  );
}

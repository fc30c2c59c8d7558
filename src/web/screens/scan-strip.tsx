import { useSignal } from '@preact/signals';
import type { StationOrderDetail } from '../../model/station.ts';
import { countMore, scanWord } from '../counting.ts';
import { useDevice } from '../parts/device-context.ts';
import { Icon } from '../parts/icon.tsx';
import { say } from '../texts/index.ts';
import { Camera } from './camera.tsx';

/** What the last scan did. Its blue says that it is counted here; green is kept for what OTO has. */
export function ScanStrip({ order }: { readonly order: StationOrderDetail }) {
  const device = useDevice();
  const text = say.value;
  const word = scanWord.value;
  const camera = useSignal(false);
  const held = word?.held ?? null;
  return (
    <>
      {camera.value && (
        <Camera
          onClose={() => {
            camera.value = false;
          }}
        />
      )}
      {word !== null && (
        <div class={`scan-word ${word.tone}`} data-scan={word.tone}>
          <Icon name={word.tone === 'counted' ? 'scan' : word.tone === 'held' ? 'question' : 'refused'} />
          <span>{word.text}</span>
        </div>
      )}
      {held !== null && (
        <div class="buttons">
          <button
            type="button"
            onClick={() => {
              device.scanner.take(held.code);
              scanWord.value = null;
            }}
          >
            {text('scan.heldDrop')}
          </button>
          <button
            type="button"
            class="primary"
            onClick={() => {
              const quantity = device.scanner.take(held.code);
              const item = order.items.find(({ sku }) => sku === held.sku);
              scanWord.value = null;
              if (item !== undefined && quantity > 0) void countMore(device, order, item, quantity);
            }}
          >
            {text('scan.heldCount')}
          </button>
        </div>
      )}
      {device.scanner.camera !== null && !camera.value && (
        <button
          type="button"
          class="quiet camera-button"
          onClick={() => {
            camera.value = true;
          }}
        >
          <Icon name="camera" />
          {text('scan.camera')}
        </button>
      )}
    </>
  );
}

import { useSignal } from '@preact/signals';
import { useEffect, useRef } from 'preact/hooks';
import { useDevice } from '../parts/device-context.ts';
import { Icon } from '../parts/icon.tsx';
import { say } from '../texts/index.ts';

/** Reads codes by the camera, for whoever has no scanner. */
export function Camera({ onClose }: { readonly onClose: () => void }) {
  const { scanner } = useDevice();
  const text = say.value;
  const video = useRef<HTMLVideoElement>(null);
  const failure = useSignal<string | null>(null);
  useEffect(() => {
    const stop = new AbortController();
    if (video.current !== null && scanner.camera !== null) {
      scanner.camera(video.current, stop.signal).catch((error: Error) => {
        if (!stop.signal.aborted) failure.value = error.message;
      });
    }
    return () => stop.abort();
  }, [scanner]);
  return (
    <div class="camera">
      <video ref={video} playsInline muted aria-label={text('scan.cameraHint')} />
      {failure.value !== null && <p class="note bad">{text('app.failed', { reason: failure.value })}</p>}
      <button type="button" class="camera-close" aria-label={text('app.close')} onClick={onClose}>
        <Icon name="close" />
      </button>
    </div>
  );
}

import type { DeviceHost, Scan, Scanner } from '../device.ts';
import { hasCamera, readCamera } from './camera.ts';
import { listenForScans } from './listen.ts';
import { RepeatGuard } from './repeats.ts';
import { normaliseCode } from './text.ts';

/** Everything that reads codes on this device: a scanner that poses as a keyboard, the camera, and a field to type into. */
export function openScanner({ scannerPrefix, scannerSuffix }: DeviceHost['settings']): Scanner {
  const guard = new RepeatGuard();
  const listeners = new Set<(scan: Scan) => void>();
  const tell = (scan: Scan) => {
    for (const listener of listeners) listener(scan);
  };
  const read = (candidates: readonly string[], at: number) => {
    const [code] = candidates;
    if (code === undefined || code === '') return;
    const seen = guard.see(code, at);
    tell({ code, candidates, held: seen.kind === 'held' ? seen.held : 0 });
  };
  // From the beginning to the end: a screen that draws itself anew stops listening and begins again, in the middle of a code.
  listenForScans(
    () => ({ prefix: scannerPrefix.value, suffix: scannerSuffix.value }),
    read,
    () => listeners.size > 0,
  );
  return {
    onScan(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    enter(typed) {
      const code = normaliseCode(typed);
      if (code !== '') tell({ code, candidates: [code], held: 0 });
    },
    take: (code) => guard.take(code),
    camera: hasCamera()
      ? (video, signal) => readCamera(video, signal, (code) => read([normaliseCode(code)], performance.now()))
      : null,
  };
}

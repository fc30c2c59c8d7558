/** The camera as a scanner, where the browser reads barcodes by itself. */

interface Detector {
  detect(source: HTMLVideoElement): Promise<readonly { readonly rawValue: string }[]>;
}
interface DetectorClass {
  new (options: { readonly formats: readonly string[] }): Detector;
  getSupportedFormats(): Promise<readonly string[]>;
}

const wanted = ['ean_13', 'ean_8', 'upc_a', 'upc_e', 'code_128', 'code_39', 'itf', 'qr_code', 'data_matrix'];
/** A code that stays in the picture is read once. It counts as gone after this time without it. */
const goneMs = 1500;
const pauseMs = 120;

const detectorClass = (): DetectorClass | undefined =>
  (globalThis as { readonly BarcodeDetector?: DetectorClass }).BarcodeDetector;

export const hasCamera = (): boolean =>
  detectorClass() !== undefined && navigator.mediaDevices?.getUserMedia !== undefined;

/**
 * Shows the camera in `video` and reads codes from it until `signal` ends it.
 * @throws DOMException `NotAllowedError`: the person or the device does not let it; `NotFoundError`: there is none
 */
export async function readCamera(
  video: HTMLVideoElement,
  signal: AbortSignal,
  onCode: (code: string) => void,
): Promise<void> {
  const Detector = detectorClass();
  if (Detector === undefined) return;
  const supported = await Detector.getSupportedFormats();
  const detector = new Detector({ formats: wanted.filter((format) => supported.includes(format)) });
  const stream = await navigator.mediaDevices.getUserMedia({ video: { facingMode: 'environment' } });
  const end = () => {
    for (const track of stream.getTracks()) track.stop();
    video.srcObject = null;
  };
  try {
    video.srcObject = stream;
    await video.play();
    const seen = new Map<string, number>();
    while (!signal.aborted) {
      // A frame that is not there yet, or that the detector trips over, is no reason to stop looking.
      const found = await detector.detect(video).catch(() => []);
      if (signal.aborted) break;
      for (const { rawValue } of found) {
        const last = seen.get(rawValue);
        seen.set(rawValue, performance.now());
        if (last === undefined || performance.now() - last > goneMs) onCode(rawValue);
      }
      await new Promise((resolve) => setTimeout(resolve, pauseMs));
    }
  } finally {
    end();
  }
}

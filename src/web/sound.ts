import type { ReadonlySignal } from '@preact/signals';
import type { Feedback } from './device.ts';

/** One tone: when it begins and how long it is, in seconds, its pitch in hertz, and its colour. */
interface Tone {
  readonly at: number;
  readonly seconds: number;
  readonly hertz: number;
  readonly type: OscillatorType;
}

interface Signal {
  readonly tones: readonly Tone[];
  /** Milliseconds of shaking and of pauses in turn. */
  readonly shakes: readonly number[];
}

/** They differ in pitch, in number and in colour: in a noisy hall one of the three still gets through. */
const signals: Readonly<Record<keyof Feedback, Signal>> = {
  ok: { tones: [{ at: 0, seconds: 0.09, hertz: 1760, type: 'sine' }], shakes: [40] },
  wrong: {
    tones: [
      { at: 0, seconds: 0.22, hertz: 196, type: 'square' },
      { at: 0.28, seconds: 0.34, hertz: 147, type: 'square' },
    ],
    shakes: [250, 90, 250],
  },
  done: {
    tones: [
      { at: 0, seconds: 0.1, hertz: 659, type: 'triangle' },
      { at: 0.11, seconds: 0.1, hertz: 880, type: 'triangle' },
      { at: 0.22, seconds: 0.18, hertz: 1319, type: 'triangle' },
    ],
    shakes: [40, 50, 40, 50, 120],
  },
};

export interface FeedbackSwitches {
  readonly sounds: ReadonlySignal<boolean>;
  readonly vibration: ReadonlySignal<boolean>;
}

export function openFeedback(switches: FeedbackSwitches): Feedback {
  let audio: AudioContext | null = null;
  // Browsers play nothing before somebody has touched the page. A key of the scanner counts as a touch.
  const unlock = () => {
    if (typeof AudioContext === 'undefined') return;
    audio ??= new AudioContext();
    // Locked again by the system, by a call that came in for instance.
    if (audio.state !== 'running') audio.resume().catch(() => undefined);
  };
  for (const touch of ['pointerdown', 'keydown']) addEventListener(touch, unlock, { capture: true, passive: true });

  const give = ({ tones, shakes }: Signal) => {
    if (switches.vibration.value && typeof navigator.vibrate === 'function') navigator.vibrate([...shakes]);
    if (!switches.sounds.value || audio === null || audio.state !== 'running') return;
    for (const tone of tones) play(audio, tone);
  };
  return { ok: () => give(signals.ok), wrong: () => give(signals.wrong), done: () => give(signals.done) };
}

function play(audio: AudioContext, { at, seconds, hertz, type }: Tone): void {
  const start = audio.currentTime + at;
  const oscillator = new OscillatorNode(audio, { type, frequency: hertz });
  // Swelling and fading for five milliseconds: a hard edge clicks.
  const volume = new GainNode(audio, { gain: 0 });
  volume.gain.setValueAtTime(0, start);
  volume.gain.linearRampToValueAtTime(0.35, start + 0.005);
  volume.gain.setValueAtTime(0.35, start + seconds - 0.005);
  volume.gain.linearRampToValueAtTime(0, start + seconds);
  oscillator.connect(volume).connect(audio.destination);
  oscillator.start(start);
  oscillator.stop(start + seconds);
}

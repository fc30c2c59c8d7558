import type { ReadonlySignal } from '@preact/signals';
import type { StationAction, StationRefusal, StationResult, StationSession } from '../model/station.ts';

/**
 * What the screens need of the device that they run on: a scanner, a place that keeps what was done until the server has it, and a way to
 * be heard. `open-device.ts` makes one.
 */
export interface Device {
  readonly scanner: Scanner;
  readonly outbox: Outbox;
  readonly feedback: Feedback;
  readonly memory: Memory;
  readonly updates: Updates;
}

/** A newer page that waits until the person lets it take over. */
export interface Updates {
  readonly ready: ReadonlySignal<boolean>;
  /** Takes over now, in all tabs: they load again. What waits on the device stays. */
  take(): void;
}

/** A code that was read. */
export interface Scan {
  /** To be shown: without anything invisible, its digits 0-9. */
  readonly code: string;
  /** What it may stand for, the likeliest first: the keys by their position, then by the layout of the device. For `match` of `scan/match.ts`. */
  readonly candidates: readonly string[];
  /**
   * 0: it counts. Otherwise the same code was in front of the scanner less than two seconds ago: this many scans of it are held and
   * not lost. Offer to count them; `Scanner.take` gives their number.
   */
  readonly held: number;
}

export interface Scanner {
  /** Calls with each code that was read, whatever has the focus. Returns how to stop. */
  onScan(listener: (scan: Scan) => void): () => void;
  /** A code that a person typed: as if it were scanned, but never held. */
  enter(code: string): void;
  /** Takes what is held of a code, to count it or to let it go. */
  take(code: string): number;
  /** Shows the camera in `video` and reads codes from it until the signal ends it; null where the browser cannot. */
  readonly camera: ((video: HTMLVideoElement, signal: AbortSignal) => Promise<void>) | null;
}

/** What the server said, for a start without it. Nothing in here is ever shown without its age. */
export interface Memory {
  recall<T>(key: string): Promise<Remembered<T> | null>;
  /** Keeps it in place of what was there. Where the device keeps nothing, nothing happens. */
  keep(key: string, value: unknown): Promise<void>;
  /** All of it: somebody signed out. */
  forget(): Promise<void>;
}
export interface Remembered<T> {
  readonly value: T;
  /** When the server said so. */
  readonly at: Date;
}

type Omitted<T, K extends PropertyKey> = T extends unknown ? Omit<T, K> : never;
/** An action without what the outbox gives it: its id and the time. */
export type NewAction = Omitted<StationAction, 'id' | 'at'>;

/** An action that the server does not have yet, or did not answer. */
export interface WaitingAction {
  readonly action: StationAction;
  /** Who did it. Only their session sends it. */
  readonly staff: { readonly id: number; readonly name: string };
}

/** An action that the server refused. It stays until somebody has seen it. */
export interface Conflict extends WaitingAction {
  readonly refusal: StationRefusal | null;
  readonly message: string | null;
}

export interface Outbox {
  /**
   * Keeps the action on the device; resolves with its id once it is kept. It is sent as soon as the server is there, in order.
   * @throws NotKept: nothing was kept and nothing will be sent, so nothing may be shown as done
   */
  add(action: NewAction): Promise<string>;
  /** Oldest first. Actions of somebody else who worked on this device are among them: they wait for their own session. */
  readonly waiting: ReadonlySignal<readonly WaitingAction[]>;
  readonly conflicts: ReadonlySignal<readonly Conflict[]>;
  /** Somebody has seen this conflict. */
  dismiss(id: string): Promise<void>;
  /** The last word of the network: false from the first failed sending until something came through. */
  readonly online: ReadonlySignal<boolean>;
  /** Tells of every answer to an action, done or refused, once it is kept. */
  onResult(listener: (result: StationResult) => void): () => void;
  /**
   * `memory`: the browser keeps nothing (a private window), so what waits is lost when the page closes: say so, and do not work offline.
   * `full`: the last action could not be kept.
   */
  readonly trouble: ReadonlySignal<'memory' | 'full' | null>;
  /** Tries now instead of at the next occasion: the page was heard from, or somebody asks for it. */
  wake(): void;
}

/** The device could not keep an action: `full`, or nobody is signed in. */
export class NotKept extends Error {
  override readonly name = 'NotKept';
}

/** Sounds and vibrations, three that nobody mistakes for one another. */
export interface Feedback {
  /** Right: one high tone. */
  ok(): void;
  /** Wrong, and nothing was counted: two low tones. Also for what is held. */
  wrong(): void;
  /** A line or an order is complete: three rising tones. */
  done(): void;
}

/** What the device asks of the page. */
export interface DeviceHost {
  readonly settings: {
    readonly sounds: ReadonlySignal<boolean>;
    readonly vibration: ReadonlySignal<boolean>;
    /** What the scanner is set to send before a code: characters, or the name of a key such as `F9`. Empty: nothing. */
    readonly scannerPrefix: ReadonlySignal<string>;
    /** And after a code: a character, the name of a key such as `Tab`, or `none`. Empty: Enter or Tab. */
    readonly scannerSuffix: ReadonlySignal<string>;
  };
  readonly session: ReadonlySignal<StationSession | null>;
  /** Asks the server again who is signed in, and sets `session`: it has refused to know this one. */
  refreshSession(): Promise<void>;
  /** @throws ApiError: its `kind` tells whether to try again. */
  send(actions: readonly StationAction[]): Promise<readonly StationResult[]>;
}

export type OpenDevice = (host: DeviceHost) => Promise<Device>;

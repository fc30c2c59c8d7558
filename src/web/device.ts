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
}

export interface Scanner {
  /** Calls with each code that was read, trimmed, its digits 0-9, whatever has the focus. Returns how to stop. */
  onScan(listener: (code: string) => void): () => void;
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
  /** Keeps the action on the device; resolves with its id once it is kept. It is sent as soon as the server is there, in order. */
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
  /** Tries now instead of at the next occasion: the page was heard from, or somebody asks for it. */
  wake(): void;
}

export interface Feedback {
  ok(): void;
  wrong(): void;
  done(): void;
}

/** What the device asks of the page. */
export interface DeviceHost {
  readonly settings: {
    readonly sounds: ReadonlySignal<boolean>;
    readonly vibration: ReadonlySignal<boolean>;
    /** What the scanner is set to send before and after a code: key names such as `F8`, `Tab` or `Enter`, or characters. Empty: nothing, or Enter. */
    readonly scannerPrefix: ReadonlySignal<string>;
    readonly scannerSuffix: ReadonlySignal<string>;
  };
  readonly session: ReadonlySignal<StationSession | null>;
  /** @throws ApiError: its `kind` tells whether to try again. */
  send(actions: readonly StationAction[]): Promise<readonly StationResult[]>;
}

export type OpenDevice = (host: DeviceHost) => Promise<Device>;

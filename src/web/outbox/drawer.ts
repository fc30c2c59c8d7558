import type { StationAction, StationRefusal } from '../../model/station.ts';
import type { WaitingAction } from '../device.ts';

/** An action in the drawer. Without `refused` it waits for its answer. */
export interface KeptAction extends WaitingAction {
  readonly refused?: { readonly refusal: StationRefusal | null; readonly message: string | null };
}

/** What is taken out of the drawer at once: the done ones leave, the refused ones stay until somebody has seen them. */
export interface Settled {
  readonly done: readonly string[];
  readonly refused: readonly ({ readonly id: string } & NonNullable<KeptAction['refused']>)[];
}

/** Where actions lie until the server has answered them. Every tab of a device opens the same one. */
export interface Drawer {
  /** Whether it outlives the page. */
  readonly durable: boolean;
  /** Behind all others. @throws whatever the browser says when it cannot keep it */
  add(entry: { readonly action: StationAction; readonly staff: WaitingAction['staff'] }): Promise<void>;
  /** Oldest first. */
  all(): Promise<readonly KeptAction[]>;
  settle(settled: Settled): Promise<void>;
}

/** A drawer that is gone with the page, for a browser that keeps nothing. */
export class MemoryDrawer implements Drawer {
  readonly durable = false;
  #kept: readonly KeptAction[] = [];

  async add(entry: KeptAction): Promise<void> {
    this.#kept = [...this.#kept, entry];
  }

  async all(): Promise<readonly KeptAction[]> {
    return this.#kept;
  }

  async settle({ done, refused }: Settled): Promise<void> {
    this.#kept = this.#kept
      .filter(({ action }) => !done.includes(action.id))
      .map((entry) => {
        const found = refused.find(({ id }) => id === entry.action.id);
        return found === undefined ? entry : { ...entry, refused: { refusal: found.refusal, message: found.message } };
      });
  }
}

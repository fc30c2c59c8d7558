/** Where a long action shows how far it is. The command line draws bars, logs stay quiet. */
export interface Progress {
  /** A step begins. `total` in the unit that `advance` counts; undefined where nobody knows. */
  step(title: string, total?: number): void;
  advance(by: number): void;
  /** Says how far the step is, from 0 to 1. */
  at(share: number): void;
  done(): void;
}

export const quiet: Progress = { step() {}, advance() {}, at() {}, done() {} };

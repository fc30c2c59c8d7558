/** What becomes of a scan: it counts, or it is held because the same code was in front of the scanner a moment ago. */
export type Seen =
  | { readonly kind: 'counts' }
  | { readonly kind: 'held' /** Scans of this code that are held, this one included. */; readonly held: number };

/**
 * Guards against counting one article twice: scanners on a stand read a label again and again, and a trigger bounces.
 * The same code counts again once it has been away for `window` milliseconds, so a label that stays in view never does.
 *
 * Nothing is thrown away. A picker who scans twelve equal articles quickly would otherwise end with one, and not know why:
 * what comes too soon is held with a sound of its own, and the page offers to count it ("+11"), which takes one press.
 * Whoever does that all day sets the window to 0 and answers for double reads.
 */
export class RepeatGuard {
  readonly #seen = new Map<string, { at: number; held: number }>();
  readonly window: number;

  constructor(window = 2000) {
    this.window = window;
  }

  see(code: string, at: number): Seen {
    const before = this.#seen.get(code);
    if (before === undefined || at - before.at >= this.window) {
      // What is held from before stays on offer.
      this.#seen.set(code, { at, held: before?.held ?? 0 });
      return { kind: 'counts' };
    }
    const held = before.held + 1;
    this.#seen.set(code, { at, held });
    return { kind: 'held', held };
  }

  held(code: string): number {
    return this.#seen.get(code)?.held ?? 0;
  }

  /** Takes what is held of a code, to count it or to let it go. */
  take(code: string): number {
    const before = this.#seen.get(code);
    if (before === undefined) return 0;
    this.#seen.set(code, { at: before.at, held: 0 });
    return before.held;
  }

  /** For the next order. */
  clear(): void {
    this.#seen.clear();
  }
}

/** A moment after which something must not be done any more. */
export interface Deadline {
  readonly passed: boolean;
  /** Milliseconds until then; never negative. */
  readonly left: number;
}

interface Clocks {
  readonly monotonic: () => number;
  readonly wall: () => number;
}

const ours: Clocks = { monotonic: () => performance.now(), wall: () => Date.now() };

/**
 * By two clocks, whichever comes first. The monotonic one cannot be set, but on many systems it stands still while the machine sleeps or its
 * virtual machine is halted; the wall clock goes on, but somebody may put it back.
 */
export function deadlineIn(ms: number, { monotonic, wall }: Clocks = ours): Deadline {
  const [byMonotonic, byWall] = [monotonic() + ms, wall() + ms];
  const left = () => Math.min(byMonotonic - monotonic(), byWall - wall());
  return {
    get passed() {
      return left() <= 0;
    },
    get left() {
      return Math.max(0, Math.ceil(left()));
    },
  };
}

/** What this process knows of the database's clock, on its own monotonic one. */
export interface Offset {
  /**
   * Learns from one answer: asked and answered by our clock, and what the database's clock said in between. Returns what to take off a
   * moment of the database's clock to have it on ours.
   */
  learn(asked: number, answered: number, theirs: number): number;
  /** Half of the best round trip known: how long a question or an answer takes. */
  delay(): number;
}

/** Twice of what a clock that is set right by slewing may gain or lose (500 ppm). */
const driftPerMs = 0.001;

/**
 * The answer that was quickest on its way says best what time it is there: half of its way is the most it can be wrong by. An older one
 * is worth less, since the clocks drift; and one that a newer answer contradicts is worth nothing, since that clock was set.
 */
export function createOffset(): Offset {
  let best: { readonly ahead: number; readonly trip: number; readonly at: number } | undefined;
  return {
    learn(asked, answered, theirs) {
      const trip = answered - asked;
      const ahead = theirs - (asked + answered) / 2;
      if (best !== undefined) {
        const blur = best.trip + (answered - best.at) * driftPerMs;
        const contradicted = Math.abs(ahead - best.ahead) > (blur + trip) / 2 + 1;
        if (!contradicted && blur < trip) return best.ahead;
      }
      best = { ahead, trip, at: answered };
      return ahead;
    },
    delay: () => (best === undefined ? 0 : best.trip / 2),
  };
}

import { gtin14, readings } from './gs1.ts';
import { normaliseCode } from './text.ts';

/** Something with codes on it: a line of an order, or an order by its number. */
export interface Coded {
  readonly key: string;
  readonly codes: readonly string[];
}

export type Match =
  | { readonly kind: 'one'; readonly key: string; readonly code: string }
  /** Several carry it: a person chooses. */
  | { readonly kind: 'several'; readonly keys: readonly string[]; readonly code: string }
  | { readonly kind: 'none'; readonly code: string };

/** How alike two codes have to be, the strictest first: a looser likeness counts where no stricter one is found. */
const likenesses: readonly ((code: string) => string | null)[] = [
  (code) => code,
  gtin14,
  // A scanner may be set to send capitals alone.
  (code) => code.toLowerCase(),
];

/**
 * Finds what a scan stands for. `candidates` are the readings of its keys (by position, by layout).
 * Where they point at different things, none is taken: a guess would count the wrong goods.
 */
export function match(candidates: readonly string[], among: readonly Coded[]): Match {
  const texts = candidates.map(normaliseCode).filter((text) => text !== '');
  const spoken = texts.flatMap(readings);
  const code = texts[0] ?? '';
  for (const likeness of likenesses) {
    const wanted = new Set(spoken.map(likeness).filter((form) => form !== null));
    if (wanted.size === 0) continue;
    const found = among.filter((one) => one.codes.some((own) => wanted.has(likeness(normaliseCode(own)) ?? '')));
    const [first] = found;
    if (found.length === 1 && first !== undefined) return { kind: 'one', key: first.key, code };
    if (found.length > 1) return { kind: 'several', keys: found.map(({ key }) => key), code };
  }
  return { kind: 'none', code };
}

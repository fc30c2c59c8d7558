import { byLayout, byPosition, isModifier, type KeyPress } from './keys.ts';
import { normaliseCode } from './text.ts';

/** How the scanner at hand is set. */
export interface WedgeSettings {
  /** What it sends before each code. Where one is set, nothing without it is a scan. */
  readonly prefix: string;
  /** The key that it sends after each code. `none`: a code ends when no key follows. */
  readonly suffix: 'enter' | 'tab' | 'either' | 'none';
  /** Milliseconds from key to key, on average, that no person types in. */
  readonly averageGap: number;
  /** The longest single pause within a code: radio links stumble. */
  readonly longestGap: number;
  /** Characters that a code has at least. */
  readonly minLength: number;
}

export const wedgeDefaults: WedgeSettings = {
  prefix: '',
  suffix: 'either',
  averageGap: 35,
  longestGap: 90,
  minLength: 3,
};

/** Without an end key three quick letters of a person would do; without it a code has to be longer. */
const minLengthWithoutSuffix = 6;

export type Step =
  /** Not of a scan, so far. */
  | { readonly kind: 'typed' }
  /** Quick behind another: where no field has the focus, nothing else should hear of it. */
  | { readonly kind: 'quick' }
  /** The end of a scan, with what its keys may stand for: by position, then by layout where that reads differently. */
  | { readonly kind: 'scan'; readonly candidates: readonly string[] }
  /** A second end key right behind a scan. */
  | { readonly kind: 'swallow' };

/**
 * Tells a scanner that poses as a keyboard from a person who types, by the pace of the keys.
 * Knows nothing of the page: the same keys give the same scans in a test.
 */
export class Wedge {
  #presses: KeyPress[] = [];
  #last = Number.NEGATIVE_INFINITY;
  #scannedAt = Number.NEGATIVE_INFINITY;
  /** Digits of a character that is being sent as Alt+065. */
  #altDigits = '';
  readonly settings: WedgeSettings;

  constructor(settings: Partial<WedgeSettings> = {}) {
    this.settings = { ...wedgeDefaults, ...settings };
  }

  /** True while the last key was the first of what may become a scan: the moment to remember what a field holds. */
  get begun(): boolean {
    return this.#presses.length === 1;
  }

  press(press: KeyPress): Step {
    // A key held down repeats every 30 ms, as quick as a scanner.
    if (press.repeat === true) return this.#drop();
    if (isModifier(press)) return { kind: 'typed' };
    const gap = press.at - this.#last;
    if (this.#ends(press)) return this.#end(press, gap);
    if (press.alt === true && press.ctrl !== true && /^Numpad\d$/.test(press.code)) return this.#altDigit(press, gap);
    return this.#take(press, gap);
  }

  /** A key going up: the character of Alt+065 is complete when Alt is let go. */
  release(press: Pick<KeyPress, 'key' | 'at'>): void {
    if (press.key !== 'Alt' || this.#altDigits === '') return;
    const character = String.fromCodePoint(Math.min(Number(this.#altDigits), 0x10ffff));
    this.#altDigits = '';
    this.#presses.push({ code: '', key: character, at: press.at });
    this.#last = press.at;
  }

  /** To be called `longestGap` after the last key: ends a code of a scanner without an end key. */
  idle(at: number): Step {
    if (this.settings.suffix !== 'none' || at - this.#last < this.settings.longestGap) return { kind: 'typed' };
    const needed = this.settings.prefix === '' ? Math.max(this.settings.minLength, minLengthWithoutSuffix) : 1;
    return this.#recognise(this.#last, needed, at);
  }

  #take(press: KeyPress, gap: number): Step {
    if (byPosition(press) === null && byLayout(press) === null) return this.#drop();
    if (gap > this.settings.longestGap) this.#presses = [];
    this.#presses.push(press);
    this.#last = press.at;
    return { kind: this.#presses.length > 1 && gap <= this.settings.averageGap ? 'quick' : 'typed' };
  }

  #altDigit(press: KeyPress, gap: number): Step {
    if (gap > this.settings.longestGap) {
      this.#presses = [];
      this.#altDigits = '';
    }
    this.#altDigits = `${this.#altDigits}${press.code.slice(-1)}`.slice(-7);
    this.#last = press.at;
    return { kind: 'quick' };
  }

  #ends(press: KeyPress): boolean {
    const { suffix } = this.settings;
    const enter = press.code === 'Enter' || press.code === 'NumpadEnter' || (press.code === '' && press.key === 'Enter');
    // A line feed behind the carriage return arrives as Ctrl+J, on its own as Ctrl+M.
    const feed = press.ctrl === true && (press.code === 'KeyJ' || press.code === 'KeyM');
    const tab = press.code === 'Tab' || (press.code === '' && press.key === 'Tab');
    if (suffix === 'either' || suffix === 'none') return enter || tab || feed;
    return suffix === 'enter' ? enter || feed : tab;
  }

  #end(press: KeyPress, gap: number): Step {
    const { longestGap, prefix, minLength } = this.settings;
    if (this.#presses.length === 0 && press.at - this.#scannedAt <= longestGap) return { kind: 'swallow' };
    if (gap > longestGap) return this.#drop();
    return this.#recognise(press.at, prefix === '' ? minLength : 1, press.at);
  }

  /** Whether what was collected is a scan, its last key at `end`. */
  #recognise(end: number, needed: number, at: number): Step {
    const presses = this.#presses;
    this.#drop();
    const first = presses[0];
    if (first === undefined || (end - first.at) / presses.length > this.settings.averageGap) return { kind: 'typed' };
    const candidates = [spell(presses, byPosition, byLayout), spell(presses, byLayout, byPosition)]
      .map((text) => this.#withoutPrefix(text))
      .filter((text) => text !== null && text.length >= needed);
    if (candidates.length === 0) return { kind: 'typed' };
    this.#scannedAt = at;
    return { kind: 'scan', candidates: [...new Set(candidates)].filter((text) => text !== null) };
  }

  #withoutPrefix(text: string): string | null {
    const { prefix } = this.settings;
    return text.startsWith(prefix) ? normaliseCode(text.slice(prefix.length)) : null;
  }

  #drop(): Step {
    this.#presses = [];
    this.#altDigits = '';
    return { kind: 'typed' };
  }
}

type Reading = (press: KeyPress) => string | null;

const spell = (presses: readonly KeyPress[], reading: Reading, otherwise: Reading): string =>
  presses.map((press) => reading(press) ?? otherwise(press) ?? '').join('');

import { byLayout, byPosition, isModifier, isNamed, type KeyPress } from './keys.ts';
import { normaliseCode } from './text.ts';

/** How the scanner at hand is set. */
export interface WedgeSettings {
  /** What it sends before each code: characters, or the name of a key (`F9`). Where one is set, nothing without it is a scan. */
  readonly prefix: string;
  /** What it sends after each code: a character, the name of a key (`Tab`), or `none`: a code ends when no key follows. Empty: Enter or Tab. */
  readonly suffix: string;
  /** Milliseconds from key to key, on average, that no person types in. */
  readonly averageGap: number;
  /** The longest single pause within a code: radio links stumble. */
  readonly longestGap: number;
  /** Characters that a code has at least. */
  readonly minLength: number;
}

export const wedgeDefaults: WedgeSettings = {
  prefix: '',
  suffix: '',
  averageGap: 35,
  longestGap: 90,
  minLength: 3,
};

/** Without an end key three quick letters of a person would do; without it a code has to be longer. */
const minLengthWithoutSuffix = 6;
const keyName = /^(F\d{1,2}|Tab|Enter|Escape|Insert|Home|End|Pause|ScrollLock|ContextMenu)$/;

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
  /** Behind a prefix that is a key. */
  #started = false;
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
    if (this.#startKey !== null && isNamed(press, this.#startKey)) return this.#start(press);
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
    const { suffix, longestGap } = this.settings;
    if (suffix !== 'none' || at - this.#last < longestGap) return { kind: 'typed' };
    return this.#recognise(this.#last, minLengthWithoutSuffix, at);
  }

  #start(press: KeyPress): Step {
    this.#drop();
    this.#started = true;
    this.#last = press.at;
    return { kind: 'quick' };
  }

  #take(press: KeyPress, gap: number): Step {
    if (byPosition(press) === null && byLayout(press) === null) return this.#drop();
    if (gap > this.settings.longestGap) this.#drop();
    this.#presses.push(press);
    this.#last = press.at;
    return { kind: gap <= this.settings.averageGap ? 'quick' : 'typed' };
  }

  #altDigit(press: KeyPress, gap: number): Step {
    if (gap > this.settings.longestGap) this.#drop();
    this.#altDigits = `${this.#altDigits}${press.code.slice(-1)}`.slice(-7);
    this.#last = press.at;
    return { kind: 'quick' };
  }

  /** The key that begins a scan, where the prefix is one. */
  get #startKey(): string | null {
    return keyName.test(this.settings.prefix) ? this.settings.prefix : null;
  }

  #ends(press: KeyPress): boolean {
    const { suffix } = this.settings;
    // A line feed behind the carriage return arrives as Ctrl+J, on its own as Ctrl+M.
    const enter = isNamed(press, 'Enter') || (press.ctrl === true && (press.code === 'KeyJ' || press.code === 'KeyM'));
    if (suffix === '' || suffix === 'none') return enter || isNamed(press, 'Tab');
    if (suffix === 'Enter') return enter;
    if (keyName.test(suffix)) return isNamed(press, suffix);
    return this.#presses.length > 0 && (byPosition(press) === suffix || byLayout(press) === suffix);
  }

  #end(press: KeyPress, gap: number): Step {
    const { longestGap, minLength } = this.settings;
    if (this.#presses.length === 0 && press.at - this.#scannedAt <= longestGap) return { kind: 'swallow' };
    if (gap > longestGap) return this.#drop();
    return this.#recognise(press.at, minLength, press.at);
  }

  /** Whether what was collected is a scan, its last key at `end`. */
  #recognise(end: number, minLength: number, at: number): Step {
    const presses = this.#presses;
    const started = this.#started;
    this.#drop();
    const [first] = presses;
    if (first === undefined || (end - first.at) / presses.length > this.settings.averageGap) return { kind: 'typed' };
    const candidates = [spell(presses, byPosition, byLayout), spell(presses, byLayout, byPosition)]
      .map((text) => this.#withoutPrefix(text, started))
      .filter((text) => text !== null)
      .filter((text) => text.length >= (this.settings.prefix === '' ? minLength : 1));
    if (candidates.length === 0) return { kind: 'typed' };
    this.#scannedAt = at;
    return { kind: 'scan', candidates: [...new Set(candidates)] };
  }

  #withoutPrefix(text: string, started: boolean): string | null {
    const { prefix } = this.settings;
    if (this.#startKey !== null) return started ? normaliseCode(text) : null;
    return text.startsWith(prefix) ? normaliseCode(text.slice(prefix.length)) : null;
  }

  #drop(): Step {
    this.#presses = [];
    this.#started = false;
    this.#altDigits = '';
    return { kind: 'typed' };
  }
}

type Reading = (press: KeyPress) => string | null;

const spell = (presses: readonly KeyPress[], reading: Reading, otherwise: Reading): string =>
  presses.map((press) => reading(press) ?? otherwise(press) ?? '').join('');

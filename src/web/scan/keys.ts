/** One key going down, as the browser tells it. `at` is the event's own time stamp in milliseconds. */
export interface KeyPress {
  /** The physical key, `Digit4`; empty where the device names none. */
  readonly code: string;
  /** What the keyboard layout of the device makes of it, `4` or `٤` or `$`. */
  readonly key: string;
  readonly at: number;
  readonly shift?: boolean;
  readonly ctrl?: boolean;
  readonly alt?: boolean;
  readonly meta?: boolean;
  /** A key that is held down. */
  readonly repeat?: boolean;
}

/** What the keys of a US keyboard give without and with Shift: the layout that scanners leave the factory with. */
const usKeys: ReadonlyMap<string, readonly [plain: string, shifted: string]> = new Map([
  ...[...'abcdefghijklmnopqrstuvwxyz'].map((letter): [string, [string, string]] => [
    `Key${letter.toUpperCase()}`,
    [letter, letter.toUpperCase()],
  ]),
  ...[...')!@#$%^&*('].map((shifted, digit): [string, [string, string]] => [`Digit${digit}`, [`${digit}`, shifted]]),
  // A scanner in keypad mode sends these. Their `key` is an arrow while NumLock is off.
  ...[...'0123456789'].map((digit): [string, [string, string]] => [`Numpad${digit}`, [digit, digit]]),
  ['NumpadDecimal', ['.', '.']],
  ['NumpadAdd', ['+', '+']],
  ['NumpadSubtract', ['-', '-']],
  ['NumpadMultiply', ['*', '*']],
  ['NumpadDivide', ['/', '/']],
  ['Minus', ['-', '_']],
  ['Equal', ['=', '+']],
  ['BracketLeft', ['[', '{']],
  ['BracketRight', [']', '}']],
  ['Backslash', ['\\', '|']],
  ['Semicolon', [';', ':']],
  ['Quote', ["'", '"']],
  ['Backquote', ['`', '~']],
  ['Comma', [',', '<']],
  ['Period', ['.', '>']],
  ['Slash', ['/', '?']],
  ['Space', [' ', ' ']],
]);

/** Separates the fields of a GS1 barcode. Scanners send it as Ctrl+], as F8 or as Alt+029. */
export const groupSeparator = '\u001d';

/** What a key means on a US keyboard, whatever layout the device has; null where it is no character there. */
export function byPosition(press: KeyPress): string | null {
  if (isSeparator(press)) return groupSeparator;
  if (press.ctrl || press.alt || press.meta) return null;
  const pair = usKeys.get(press.code);
  if (pair === undefined) return null;
  return press.shift === true ? pair[1] : pair[0];
}

/** What the layout of the device makes of a key; null where that is no character. */
export function byLayout(press: KeyPress): string | null {
  if (isSeparator(press)) return groupSeparator;
  // AltGr arrives as Ctrl with Alt on Windows, and its `key` is a character all the same.
  if (press.meta || (press.ctrl === true) !== (press.alt === true)) return null;
  return [...press.key].length === 1 ? press.key : null;
}

const isSeparator = (press: KeyPress): boolean =>
  press.code === 'F8' || (press.code === 'BracketRight' && press.ctrl === true && press.alt !== true);

/** Keys that accompany others. They neither belong to a scan nor break one. */
export const isModifier = (press: KeyPress): boolean =>
  /^(Shift|Control|Alt|Meta|OS)(Left|Right)?$|^(CapsLock|NumLock|Fn)$/.test(press.code) ||
  /^(Shift|Control|Alt|AltGraph|Meta|CapsLock|NumLock)$/.test(press.key);

/** Whether it is the key with this name. The keypad has an Enter of its own. */
export const isNamed = (press: KeyPress, name: string): boolean =>
  press.code === name || press.code === `Numpad${name}` || (press.code === '' && press.key === name);

import { effect, type Signal, signal } from '@preact/signals';
import type { Numerals } from './numerals.ts';

/** What this device is set to. It stays with the device, whoever works on it. */
export type Language = 'ar' | 'en';

const prefix = 'oto-bridge.station.';

/** A signal that outlives the page. What was kept and is no longer allowed counts as not kept. */
function kept<T extends string | boolean>(name: string, fallback: T, allowed?: readonly T[]): Signal<T> {
  const value = signal<T>(read(name, fallback, allowed));
  effect(() => {
    const text = JSON.stringify(value.value);
    try {
      localStorage.setItem(prefix + name, text);
    } catch {
      // A browser that keeps nothing still works; it asks again next time.
    }
  });
  return value;
}

function read<T extends string | boolean>(name: string, fallback: T, allowed?: readonly T[]): T {
  try {
    const found = JSON.parse(localStorage.getItem(prefix + name) ?? 'null') as unknown;
    if (typeof found !== typeof fallback) return fallback;
    return allowed === undefined || allowed.includes(found as T) ? (found as T) : fallback;
  } catch {
    return fallback;
  }
}

const deviceLanguage = (): Language => (navigator.language.toLowerCase().startsWith('ar') ? 'ar' : 'en');

export const settings = {
  language: kept<Language>('language', deviceLanguage(), ['ar', 'en']),
  numerals: kept<Numerals>('numerals', 'latn', ['latn', 'arab']),
  sounds: kept<boolean>('sounds', true),
  vibration: kept<boolean>('vibration', true),
  scannerPrefix: kept<string>('scannerPrefix', ''),
  scannerSuffix: kept<string>('scannerSuffix', ''),
  /** The location that this device stands at, by its code; empty: none chosen. */
  location: kept<string>('location', ''),
  /** The name that signed in last, to spare typing it. */
  lastName: kept<string>('lastName', ''),
};

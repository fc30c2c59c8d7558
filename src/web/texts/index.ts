import { computed } from '@preact/signals';
import i18next from 'i18next';
import { shownNumber } from '../numerals.ts';
import { settings } from '../settings.ts';
import { ar } from './ar.ts';
import { en } from './en.ts';

type Form = 'zero' | 'one' | 'two' | 'few' | 'many' | 'other';
type WithoutForm<K extends string> = K extends `${infer Name}_${Form}` ? Name : K;
/** The name of a text. */
export type TextName = WithoutForm<keyof typeof en>;

export type TextValues = Readonly<Record<string, string | number>>;

void i18next.init({
  lng: 'en',
  resources: { en: { translation: en }, ar: { translation: ar } },
  keySeparator: false,
  nsSeparator: false,
  // Preact escapes what it shows.
  interpolation: { escapeValue: false },
  initAsync: false,
});

/** Says a text in the language of this device. Numbers are written in its digits, everything put in is isolated. */
export const say = computed(() => {
  const language = settings.language.value;
  const numerals = settings.numerals.value;
  const translate = i18next.getFixedT(language);
  return (name: TextName, values: TextValues = {}): string => {
    const shown = Object.entries(values).map(([key, value]): [string, string] => {
      // Isolated from the text around it: a code never turns round, nor does it turn the words beside it.
      return [key, typeof value === 'number' ? shownNumber(value, numerals, language) : `\u2068${value}\u2069`];
    });
    const { count } = values;
    // `count` chooses the form, `n` is what stands there.
    const number = typeof count === 'number' ? { count, n: shownNumber(count, numerals, language) } : {};
    return translate(name, { ...Object.fromEntries(shown), ...number });
  };
});

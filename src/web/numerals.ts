/** How digits are written: `latn` 0-9, `arab` ٠-٩. Codes and SKUs always keep their own. */
export type Numerals = 'latn' | 'arab';

const zeros: Readonly<Record<Numerals, number>> = { latn: 0x30, arab: 0x660 };

/** A number as it is shown. */
export function shownNumber(value: number, numerals: Numerals, language: string): string {
  return new Intl.NumberFormat(`${language}-u-nu-${numerals}`).format(value);
}

/** The digits of a text, Arabic-Indic (٠-٩) or Persian (۰-۹), as 0-9. */
export function plainDigits(text: string): string {
  return text.replaceAll(/[٠-٩۰-۹]/g, (digit) => String((digit.charCodeAt(0) - 0x660) % 0x90));
}

/** Digits 0-9 of a text as they are shown. For what is no number to calculate with, such as a time. */
export function shownDigits(text: string, numerals: Numerals): string {
  return text.replaceAll(/\d/g, (digit) => String.fromCharCode(zeros[numerals] + Number(digit)));
}

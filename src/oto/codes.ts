import { type CodeRow, otoCodes } from './code-table.ts';
import type { Refused } from './outcome.ts';

export { otoCodes, repeatHelps } from './code-table.ts';

export function codeRow(code: string | undefined): CodeRow | undefined {
  return code !== undefined && Object.hasOwn(otoCodes, code) ? otoCodes[code] : undefined;
}

/** `OTO1107` from the spellings met in examples: `"1107"`, `1107`, `"oto1107 "`. Anything else is no code. */
export function normaliseCode(written: unknown): string | undefined {
  if (typeof written !== 'string' && typeof written !== 'number') return undefined;
  const digits = /^\s*(?:OTO)?[\s-]*(\d{3,5})\s*$/i.exec(String(written))?.[1];
  if (digits === undefined) return undefined;
  // One example prints OTO110 for OTO1110; the codes have four digits, so a three-digit one is left as it stands.
  return `OTO${digits}`;
}

const exists = /\bexists?\b|\bduplicat|موجود/i;
const existsNot = /\b(not|n't|never)\b[^.]*\bexist|غير موجود/i;

/**
 * Whether a refused createProduct says that a product with this SKU is there already. The captured answer of 2023 is `errorCode` 14 with
 * such a text; the code of today is published nowhere, so the text decides.
 */
export function saysProductExists(refused: Refused): boolean {
  return (
    (refused.legacyCode === 14 && refused.otoCode === undefined) ||
    (exists.test(refused.message) && !existsNot.test(refused.message))
  );
}

/** Whether a refused createInventoryOrder says that there is one with this waybill number already. */
export function saysOrderExists(refused: Refused): boolean {
  return refused.otoCode === 'OTO1063' || (exists.test(refused.message) && !existsNot.test(refused.message));
}

/** Whether a refusal is about a quantity: OTO1132, or in the oldest error form its text. */
export function saysQuantityWrong(refused: Refused): boolean {
  return (
    refused.otoCode === 'OTO1132' || (refused.otoCode === undefined && /\bqty\b|\bquantity\b/i.test(refused.message))
  );
}

/** Whether a refusal is about the SKU: OTO1126, or in the oldest error form its text. */
export function saysSkuUnknown(refused: Refused): boolean {
  return refused.otoCode === 'OTO1126' || (refused.otoCode === undefined && /\bskus?\b/i.test(refused.message));
}

/** Whether OTO says that it has no such product, and not only no stock of it: in the oldest error form both speak of the SKU. */
export function saysProductUnknown(refused: Refused): boolean {
  return saysSkuUnknown(refused) && !/\binventory\b/i.test(refused.message);
}

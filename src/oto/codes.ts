import type { Refused } from './outcome.ts';

/** What the bridge does about an OTO error code, apart from believing the refusal. */
type Action =
  /** OTO has not taken the call; the same call may be sent later. */
  | 'rate-limit'
  | 'busy'
  /** The access token is not accepted. */
  | 'login'
  /** The account or token may not use this group of endpoints. */
  | 'pause'
  /** OTO failed in the middle: the call may or may not have had its effect. */
  | 'unknown'
  /** A refusal that a step of the bridge reacts to. */
  | 'refused';

interface CodeRow {
  readonly action: Action;
  readonly meaning: string;
  /** How long OTO asks to wait, in milliseconds. */
  readonly waitMs?: number;
}

/** The OTO error codes that the bridge acts on. Every other code is a refusal. The old small integers are never listed: each endpoint counts its own. */
export const otoCodes = {
  OTO1002: { action: 'refused', meaning: 'the order does not exist' },
  OTO1009: {
    action: 'unknown',
    meaning: 'generic failure, also given for wrong types such as a price that is no number',
  },
  OTO1015: { action: 'unknown', meaning: 'database error' },
  OTO1080: { action: 'pause', meaning: 'the account may not use this service' },
  OTO1081: { action: 'unknown', meaning: 'system error' },
  OTO1083: { action: 'login', meaning: 'a refresh token is required' },
  OTO1084: { action: 'login', meaning: 'login is required' },
  OTO1088: { action: 'pause', meaning: 'the token does not allow this action' },
  OTO1103: { action: 'refused', meaning: "the order's status does not suit the action" },
  OTO1105: { action: 'rate-limit', meaning: 'wait one minute before asking again', waitMs: 60_000 },
  OTO1126: { action: 'refused', meaning: 'the SKU is missing, unknown or not usable' },
  OTO1132: { action: 'refused', meaning: 'the quantity is no whole number' },
  OTO1133: { action: 'refused', meaning: 'the location code is unknown' },
  OTO1134: { action: 'refused', meaning: 'no inventory for this SKU at this location' },
  OTO1143: { action: 'rate-limit', meaning: 'too many requests' },
  OTO1150: { action: 'pause', meaning: 'the plan does not include this resource' },
  OTO1211: { action: 'busy', meaning: 'the order is being processed, ask again soon' },
  OTO1212: { action: 'pause', meaning: 'the user is not authorised for this resource' },
} as const satisfies Readonly<Record<string, CodeRow>>;

export function codeRow(code: string | undefined): CodeRow | undefined {
  return code !== undefined && Object.hasOwn(otoCodes, code) ? otoCodes[code as keyof typeof otoCodes] : undefined;
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

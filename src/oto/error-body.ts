import { normaliseCode } from './codes.ts';

/** What an answer's body says beyond its data, whichever generation of OTO's forms it is written in. */
export interface Envelope {
  /** `undefined`: the body does not say. */
  readonly success: boolean | undefined;
  readonly otoCode: string | undefined;
  readonly legacyCode: number | undefined;
  /** The gateway's form has a status in `code` and neither `success` nor an OTO code. */
  readonly gatewayCode: number | undefined;
  /** Empty when the body gives no text. */
  readonly message: string;
  /** Whether any field of an error form is filled. */
  readonly complains: boolean;
  readonly warnings: readonly string[];
}

/** A JSON object from a body, whatever its content type says; `undefined` for HTML, cut-off JSON, lists and bare values. */
export function jsonObject(text: string): Readonly<Record<string, unknown>> | undefined {
  try {
    // A byte order mark is no JSON, but some Java serialisers write one.
    const value: unknown = JSON.parse(text.startsWith('\uFEFF') ? text.slice(1) : text);
    return typeof value === 'object' && value !== null && !Array.isArray(value)
      ? (value as Readonly<Record<string, unknown>>)
      : undefined;
  } catch {
    return undefined;
  }
}

const errorFields = ['otoErrorCode', 'otoErrorMessage', 'errorCode', 'errorMsg', 'errorMessage', 'errorDetail'];

export function readEnvelope(body: Readonly<Record<string, unknown>>): Envelope {
  const field = (name: string): unknown => (Object.hasOwn(body, name) ? body[name] : undefined);
  const written = field('errorCode');
  // The newest documents sometimes put the OTO code where the small integer used to stand.
  const otoCode =
    normaliseCode(field('otoErrorCode')) ??
    (typeof written === 'string' && /oto/i.test(written) ? normaliseCode(written) : undefined);
  const legacyCode = numberOf(written);
  const errorText = textOf(field('otoErrorMessage')) ?? textOf(field('errorMsg')) ?? textOf(field('errorMessage'));
  const detail = textOf(field('errorDetail'));
  const message = errorText ?? textOf(field('message')) ?? textOf(field('msg'));
  return {
    success: successOf(field('success')),
    otoCode,
    legacyCode,
    gatewayCode: numberOf(field('code')),
    message: [message, detail].filter((part) => part !== undefined).join(': '),
    complains: errorFields.some((name) => isFilled(field(name))),
    warnings: warningsOf(field('warnings')),
  };
}

function successOf(value: unknown): boolean | undefined {
  if (typeof value === 'boolean') return value;
  // Anything but `true` is no success: a word there must not pass for one.
  return value === undefined ? undefined : false;
}

function warningsOf(value: unknown): readonly string[] {
  if (typeof value === 'string') return value === '' ? [] : [value];
  if (!Array.isArray(value)) return [];
  return value.map((item) => (typeof item === 'object' ? 'a warning that is no text' : String(item)));
}

/** A serialiser may write empty error fields on success; anything else in one, of whatever type, is a complaint. */
function isFilled(value: unknown): boolean {
  return Boolean(value) && value !== '0';
}

function numberOf(value: unknown): number | undefined {
  if (typeof value === 'number') return value;
  return typeof value === 'string' && /^\s*-?\d{1,9}\s*$/.test(value) ? Number(value) : undefined;
}

function textOf(value: unknown): string | undefined {
  return typeof value === 'string' && value.trim() !== '' ? value.trim() : undefined;
}

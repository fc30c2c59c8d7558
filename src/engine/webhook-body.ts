import type { WebhookType } from '../oto/index.ts';

export type EventBody = Readonly<Record<string, unknown>>;

/** A JSON object, or undefined. */
export function parseEvent(bytes: Buffer): EventBody | undefined {
  try {
    const parsed: unknown = JSON.parse(bytes.toString('utf8'));
    return typeof parsed === 'object' && parsed !== null && !Array.isArray(parsed) ? (parsed as EventBody) : undefined;
  } catch {
    return undefined;
  }
}

/** The order that an event names, in the fields of its type; null where it names none that could be one. */
export function orderOf(type: WebhookType, body: EventBody): string | null {
  const named = type === 'newOrders' ? (body.order as EventBody | null | undefined)?.incrementId : undefined;
  const id = named ?? body.orderId;
  if (typeof id !== 'string' && typeof id !== 'number') return null;
  const text = String(id).trim();
  // biome-ignore lint/suspicious/noControlCharactersInRegex: no id holds one, and the database takes none of 0
  return text === '' || text.length > 200 || /[\u0000-\u001f\u007f]/.test(text) ? null : text;
}

/** Clocks differ a little. What lies further ahead would make everything after it look late. */
const aheadMs = 5 * 60_000;

/** OTO's own time of an event: milliseconds since the epoch, as a number or as text. Null in any other form. */
export function timeOf(body: EventBody, now: number): Date | null {
  const { timestamp } = body;
  const isWritten = typeof timestamp === 'string' && /^\d{12,14}$/.test(timestamp.trim());
  const at = isWritten ? Number(timestamp) : timestamp;
  if (typeof at !== 'number' || !Number.isFinite(at) || at < 1e11 || at > now + aheadMs) return null;
  return new Date(at);
}

/** What OTO wrote for people, as plain text of at most `longest` characters: no markup, no control or direction marks. */
export function plainText(value: unknown, longest = 300): string {
  if (typeof value !== 'string' && typeof value !== 'number') return '';
  const text = String(value)
    .slice(0, 10_000)
    .toWellFormed()
    .replace(/<[^<>]*>/g, ' ')
    .replace(/[<>]/g, ' ')
    .replace(/[\p{Cc}\p{Cf}\p{Co}\p{Cs}\s]+/gu, ' ')
    .trim();
  const letters = [...text];
  return letters.length > longest ? `${letters.slice(0, longest - 1).join('')}…` : text;
}

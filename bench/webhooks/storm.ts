/** A storm of events: most are right, a fifth comes twice, some are forged, and they come in no good order. */
import { setTimeout as delay } from 'node:timers/promises';
import { Pool } from 'undici';
import type { WebhookType } from '../../src/oto/index.ts';
import { seededRandom } from '../../src/simulator/random.ts';
import { signedEvent } from './events.ts';

export interface StormSettings {
  /** Right ones, repetitions included. */
  readonly events: number;
  readonly perSecond: number;
  readonly orders: readonly string[];
  readonly keys: { readonly authorizationKey: string; readonly secretKey: string };
  readonly seed?: number;
}

interface Sent {
  readonly kind: 'fresh' | 'again' | 'forged';
  readonly type: WebhookType;
  readonly body: string;
  readonly authorization: string;
}

const statuses = ['assignedToWarehouse', 'picked', 'packed', 'shipmentCreated', 'pickedUp'];
const againShare = 0.2;
const forgedShare = 0.05;
/** How far one may be moved away from its place. */
const disorder = 200;

/** What is sent, in the order of sending. */
export function plan({ events, orders, keys, seed = 1 }: StormSettings): Sent[] {
  const random = seededRandom(seed);
  const any = <T>(list: readonly T[]): T => list[Math.floor(random() * list.length)] as T;
  const began = Date.now() - events;
  const fresh = Array.from({ length: Math.round(events * (1 - againShare)) }, (_, index): Sent => {
    const orderId = any(orders);
    const isError = random() < 0.1;
    const type = isError ? 'shipmentError' : 'orderStatus';
    const common = { orderId, timestamp: String(began + index), number: index };
    const body = isError
      ? { ...common, errorCode: 'deliveryCompanyError', errorMessage: 'The driver did not come' }
      : { ...common, status: any(statuses) };
    const signed = JSON.stringify(signedEvent(type, body, { key: keys.secretKey }));
    const bearer = random() < 0.5 ? 'Bearer ' : '';
    return { kind: 'fresh', type, body: signed, authorization: `${bearer}${keys.authorizationKey}` };
  });
  const again = Array.from({ length: events - fresh.length }, (): Sent => ({ ...any(fresh), kind: 'again' }));
  const forged = Array.from({ length: Math.round(events * forgedShare) }, (_, index): Sent => {
    const one = any(fresh);
    const wrongKey = { ...one, authorization: 'Bearer another-key-of-nobody' };
    const body = JSON.parse(one.body) as Record<string, unknown>;
    const wrongSignature = { ...one, body: JSON.stringify({ ...body, orderId: `${String(body.orderId)}0` }) };
    const { signature, ...bare } = body;
    const unsigned = { ...one, body: JSON.stringify({ ...bare, note: `without ${String(signature).length} letters` }) };
    return { ...([wrongKey, wrongSignature, unsigned][index % 3] as Sent), kind: 'forged' };
  });
  // A repetition comes after what it repeats, or before it, which is the same; each has a place of its own, and is moved a little.
  const placed = [
    ...fresh.map((sent, index) => ({ sent, place: index / fresh.length })),
    ...[...again, ...forged].map((sent) => ({ sent, place: random() })),
  ];
  const jitter = disorder / events;
  return placed
    .map(({ sent, place }) => ({ sent, place: place + random() * jitter }))
    .sort((a, b) => a.place - b.place)
    .map(({ sent }) => sent);
}

export interface StormResult {
  readonly seconds: number;
  /** HTTP statuses of what was right, and of what was forged. */
  readonly right: Readonly<Record<string, number>>;
  readonly forged: Readonly<Record<string, number>>;
  /** Milliseconds from the moment at which each was to be sent until its answer, of what was right. */
  readonly latency: { readonly p50: number; readonly p99: number; readonly max: number };
}

/** Sends each when its time has come, whether or not the ones before were answered. */
export async function send(origin: string, sent: readonly Sent[], perSecond: number): Promise<StormResult> {
  const pool = new Pool(origin, { connections: 64, pipelining: 1 });
  const counts = { right: {} as Record<string, number>, forged: {} as Record<string, number> };
  const times: number[] = [];
  const began = performance.now();
  const one = async ({ type, body, authorization, kind }: Sent, due: number): Promise<void> => {
    const { statusCode, body: answer } = await pool.request({
      method: 'POST',
      path: `/webhooks/oto/${type}`,
      headers: { 'content-type': 'application/json', authorization },
      body,
    });
    await answer.dump();
    const count = kind === 'forged' ? counts.forged : counts.right;
    count[statusCode] = (count[statusCode] ?? 0) + 1;
    if (kind !== 'forged') times.push(performance.now() - due);
  };
  const underWay: Promise<void>[] = [];
  for (const [index, event] of sent.entries()) {
    const due = began + (index / perSecond) * 1000;
    const wait = due - performance.now();
    if (wait > 1) await delay(wait);
    underWay.push(one(event, due));
  }
  await Promise.all(underWay);
  const seconds = (performance.now() - began) / 1000;
  await pool.close();
  times.sort((a, b) => a - b);
  const at = (share: number) => Number((times[Math.ceil(share * times.length) - 1] ?? 0).toFixed(2));
  return { seconds: Number(seconds.toFixed(2)), ...counts, latency: { p50: at(0.5), p99: at(0.99), max: at(1) } };
}

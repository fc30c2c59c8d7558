import { signal } from '@preact/signals';
import type { StationItem, StationOrderDetail } from '../model/station.ts';
import type { Device, Scan } from './device.ts';
import { announce } from './parts/announce.tsx';
import { match } from './scan/match.ts';
import { say } from './texts/index.ts';
import { actOnLines, isOthers } from './work.ts';

/** What the last scan did, to be seen from an arm's length. */
export interface ScanWord {
  readonly tone: 'counted' | 'wrong' | 'held';
  readonly text: string;
  /** Where the same code came again at once: what may be counted too. */
  readonly held: { readonly code: string; readonly sku: string } | null;
}
export const scanWord = signal<ScanWord | null>(null);

/** Whether lines of this order can be counted here and now. */
export function isCountable(order: StationOrderDetail): boolean {
  return (order.state === 'ready' || order.state === 'picking') && !isOthers(order);
}

export function itemOf(scan: Scan, order: StationOrderDetail) {
  return match(
    scan.candidates,
    order.items.map(({ sku, codes }) => ({ key: sku, codes: [sku, ...codes] })),
  );
}

/** Counts one piece of what was scanned, or says why not. More than was ordered is refused here, before anything is sent. */
export async function countScan(device: Device, order: StationOrderDetail, scan: Scan): Promise<void> {
  const text = say.peek();
  if (isOthers(order)) return wrong(device, text('scan.claimed', { name: order.claim?.name ?? '' }));
  if (!isCountable(order)) return wrong(device, text('scan.wrongState'));
  const found = itemOf(scan, order);
  if (found.kind === 'none') return wrong(device, text('scan.notInOrder', { code: found.code }));
  if (found.kind === 'several') return wrong(device, text('scan.unsure', { code: found.code }));
  const item = order.items.find(({ sku }) => sku === found.key);
  if (item === undefined) return;
  if (scan.held > 0) {
    const words = text('scan.held', { count: scan.held, code: scan.code });
    scanWord.value = { tone: 'held', text: words, held: { code: scan.code, sku: item.sku } };
    device.feedback.wrong();
    announce(words, 'urgent');
    return;
  }
  await countMore(device, order, item, 1);
}

/** Adds to the count of a line. */
export async function countMore(
  device: Device,
  order: StationOrderDetail,
  item: StationItem,
  quantity: number,
): Promise<void> {
  const text = say.peek();
  const counted = item.counted + quantity;
  if (counted > item.quantity) return wrong(device, text('scan.surplus', { sku: item.sku }));
  if (!(await actOnLines(device, order, { type: 'scan', order: order.id, sku: item.sku, quantity }))) return;
  const words = text('scan.ok', { sku: item.sku, counted, quantity: item.quantity });
  scanWord.value = { tone: 'counted', text: words, held: null };
  announce(words);
  if (counted === item.quantity) device.feedback.done();
  else device.feedback.ok();
}

export function wrong(device: Device, text: string): void {
  scanWord.value = { tone: 'wrong', text, held: null };
  device.feedback.wrong();
  announce(text, 'urgent');
}

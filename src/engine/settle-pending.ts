import { setTimeout as delay } from 'node:timers/promises';
import { messageOf } from '../lib/errors.ts';
import { counted } from '../lib/text.ts';
import { clearAlarm } from '../store/alarms.ts';
import { mayBeMistaken, noteAlternatives, type Reopened, reopenMistaken } from '../store/document-alternatives.ts';
import { listDocuments, moveDocuments, type StoredDocument } from '../store/documents.ts';
import { type BaseReading, baseReadings, rebase } from '../store/receipt-base.ts';
import type { Bridge, RunContext } from './context.ts';
import { processedDocuments } from './pending.ts';
import { isSince, pullFigures, type SoldUnit, soldSince } from './pull.ts';

/**
 * Marks inventory orders as processed whose goods OTO shows on every line, in two readings. Customers' orders are read after the
 * figures, so that whatever of them stands in a figure is known.
 */
export async function settlePending(context: RunContext, codes: readonly string[], readSince: Date): Promise<void> {
  const { db } = context;
  const first = await look(context, codes, readSince);
  if (first.size === 0) return;
  // All pending ones are read again: those that share a SKU with a suspect are judged together with it.
  const suspects = await listDocuments(db, { states: ['pending'] });
  const skus = [...new Set(suspects.flatMap((document) => document.lines.map((line) => line.sku)))];
  await delay(context.config.oto.settleSeconds * 1000, undefined, { signal: context.signal });
  const second = await look(context, codes, await pullFigures(context, skus, codes, context));
  const both = [...first].filter((id) => second.has(id));
  const moved = await db.tx(async (tx) => {
    const ids = await moveDocuments(tx, both, ['pending'], 'processed', {
      why: 'OTO shows its goods on every line, in two readings',
      by: 'read-back',
    });
    await noteAlternatives(tx, ids);
    return ids;
  });
  for (const id of moved) await clearAlarm(db, 'pending-overdue', String(id));
  if (moved.length > 0) {
    context.note({
      kind: 'processed',
      message: `${counted(moved.length, 'inventory order was', 'inventory orders were')} processed in OTO: its figures show the goods.`,
      new: false,
      count: moved.length,
    });
  }
}

/**
 * Somebody says that OTO's staff have processed a document. Gives those that are pending again for it, because its goods had been taken
 * for theirs; undefined: it is not pending.
 */
export async function markProcessed(
  bridge: Bridge,
  document: StoredDocument,
  why: string,
  signal: AbortSignal,
): Promise<readonly Reopened[] | undefined> {
  const { db, log, who } = bridge;
  if (await mayBeMistaken(db, document.id)) {
    const skus = document.lines.map(({ sku }) => sku);
    // Its goods may have come since the last reading. Without a new one too little is shown, until the next run.
    await pullFigures(bridge, skus, [document.location], { signal }).catch((error: unknown) => {
      signal.throwIfAborted();
      log.warn({ document: document.id, reason: messageOf(error) }, 'OTO could not be asked what it shows now');
    });
  }
  const reopened = await db.tx(async (tx) => {
    const mistaken = await reopenMistaken(tx, document.id);
    const moved = await moveDocuments(tx, [document.id], ['pending'], 'processed', { why, by: who });
    return moved.length === 0 ? undefined : mistaken;
  });
  if (reopened !== undefined) await clearAlarm(db, 'pending-overdue', String(document.id));
  return reopened;
}

async function look(context: RunContext, codes: readonly string[], readSince: Date): Promise<Set<number>> {
  const { db } = context;
  const readings = await baseReadings(db, codes, readSince);
  // Where nothing moved, nothing arrived: OTO need not be asked what its customers ordered.
  if (readings.every((reading) => reading.onHand === reading.base)) return new Set();
  const earliest = new Date(Math.min(...readings.map((reading) => reading.since.getTime())));
  const sold = await soldSince(context, earliest, context);
  const limits = readings.flatMap((reading) => {
    const between = limitsOf(reading, sold);
    return between === undefined ? [] : [{ reading, ...between }];
  });
  await rebase(
    db,
    limits
      .filter(
        ({ reading, most }) => reading.leaving === 0 && reading.onHand <= reading.base && most < (reading.least ?? 0),
      )
      .map(({ reading }) => reading),
    readSince,
  );
  const found = new Set<number>();
  for (const location of codes) {
    // One that is being sent, or of which nobody knows whether OTO has it, may explain what OTO shows as well.
    const open = await listDocuments(db, { states: ['pending', 'sending'], location });
    const signed = open.map(({ id, kind, lines }) => ({
      id,
      lines: lines.map(({ sku, quantity }) => ({ sku, quantity: kind === 'purchase' ? quantity : -quantity })),
    }));
    const arrived = limits
      .filter(({ reading }) => reading.location === location)
      .map(({ reading, least, most }) => ({ sku: reading.sku, least, most }));
    for (const id of processedDocuments(signed, arrived)) found.add(id);
  }
  return found;
}

/** How many units arrived at a key: what it rose by, and what customers' orders may have taken out or brought back meanwhile. */
function limitsOf(
  { sku, location, base, onHand, since }: BaseReading,
  sold: readonly SoldUnit[],
): { least: number; most: number } | undefined {
  const here = sold.filter(
    (unit) =>
      (unit.sku === sku || unit.sku === null) &&
      (unit.location === location || unit.location === null) &&
      isSince(unit.changedAt, since),
  );
  if (here.some((unit) => unit.sku === null || unit.quantity === null)) return undefined;
  const sum = (units: readonly SoldUnit[]) => units.reduce((total, unit) => total + (unit.quantity ?? 0), 0);
  return { least: onHand - base - sum(here.filter((unit) => unit.mayBeBack)), most: onHand - base + sum(here) };
}

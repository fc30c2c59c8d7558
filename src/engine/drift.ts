import { BridgeError } from '../lib/errors.ts';
import { type ComparedPlace, comparedPlaces, type DriftCause, differingFigures, driftCauses } from '../store/drift.ts';
import { lastSnapshot } from '../store/snapshots.ts';
import { comparedSkus } from '../store/stock-skus.ts';
import { unlistedStock } from '../store/stock-unlisted.ts';
import type { Bridge, RunFilter } from './context.ts';
import { engineErrors } from './errors.ts';
import type { Explanation } from './explain.ts';
import { explainFigures } from './explain-figures.ts';
import type { Progress } from './progress.ts';
import { pullFigures, soldSince } from './pull.ts';
import { Sold } from './sold.ts';
import { scopeOf } from './stock-scope.ts';

/** One figure that OTO shows otherwise than is wanted. */
export interface Drifted {
  readonly explanation: Explanation;
  readonly cause: DriftCause;
  /** Units of the difference that nothing explains. */
  readonly unexplained: number;
}

export interface DriftedPlace extends ComparedPlace {
  readonly differ: number;
  /** Figures and units by cause. */
  readonly causes: Readonly<Record<DriftCause, { readonly figures: number; readonly units: number }>>;
}

export interface Drift {
  readonly source: string;
  readonly asOf: Date;
  readonly readAt: Date;
  readonly places: readonly DriftedPlace[];
  /** Figures of OTO that are not in the export, and that nothing is wanted of: as far as they are known. */
  readonly unlisted: number;
  /** The first of them: what nothing explains, then by how far they are off. */
  readonly figures: readonly Drifted[];
}

interface DriftOptions {
  readonly filter: Pick<RunFilter, 'sku' | 'location'>;
  /** So many figures are kept, beside the sums. */
  readonly most: number;
  readonly signal: AbortSignal;
  readonly progress: Progress;
}

/**
 * Reads OTO's figures and compares them with what the newest export comes to. Nothing is planned, held or sent, the ERP is not asked again, and
 * runs go on meanwhile. Undefined: no export has been read yet, or no location takes part.
 * @throws BridgeError NOT_FOUND where the rows of the export are gone
 */
export async function findDrift(
  bridge: Bridge,
  { filter, most, signal, progress }: DriftOptions,
): Promise<Drift | undefined> {
  const { db } = bridge;
  const source = bridge.config.flows.stock?.from;
  const snapshot = source === undefined ? undefined : await lastSnapshot(db, source, 'stock');
  if (source === undefined || snapshot === undefined) return undefined;
  const scope = await scopeOf({ ...bridge, filter }, source, snapshot);
  if (scope === undefined) return undefined;
  try {
    const codes = scope.locations.map(({ code }) => code);
    const readAt = await pullFigures(bridge, await comparedSkus(db, scope), codes, { signal, progress });
    progress.step('reading orders from OTO');
    const sold = new Sold(await soldSince(bridge, scope.asOf, { signal }));
    progress.done();
    progress.step('explaining what differs');
    const tallies = new Map(codes.map((code) => [code, noCauses()]));
    let figures: Drifted[] = [];
    for await (const keys of differingFigures(db, scope, readAt)) {
      signal.throwIfAborted();
      const found = (await explainFigures(bridge, source, keys, sold)).map(judge);
      for (const { explanation, cause } of found) {
        const tally = tallies.get(explanation.facts.location)?.[cause];
        if (tally === undefined) continue;
        tally.figures += 1;
        tally.units += unitsOf(explanation);
      }
      figures = [...figures, ...found].sort(worstFirst).slice(0, most);
      progress.advance(keys.length);
    }
    progress.done();
    const places = (await comparedPlaces(db, scope, readAt)).map((place): DriftedPlace => {
      const causes = tallies.get(place.location) ?? noCauses();
      return { ...place, differ: driftCauses.reduce((sum, cause) => sum + causes[cause].figures, 0), causes };
    });
    const kept = scope.locations.filter(({ absentIsZero }) => !absentIsZero).map(({ code }) => code);
    const unlisted = scope.sku === null ? (await unlistedStock(db, scope.snapshotId, kept)).count : 0;
    return { source, asOf: scope.asOf, readAt, places, unlisted, figures };
  } catch (error) {
    if ((error as { code?: string }).code !== '42P01') throw error;
    throw new BridgeError(engineErrors.NOT_FOUND, {
      message: `The rows of the export of ${scope.asOf.toISOString()} are not kept any more.`,
      hint: 'Newer exports have been read meanwhile: ask again.',
      cause: error,
    });
  }
}

function noCauses(): Record<DriftCause, { figures: number; units: number }> {
  return {
    erp: { figures: 0, units: 0 },
    orders: { figures: 0, units: 0 },
    documents: { figures: 0, units: 0 },
    new: { figures: 0, units: 0 },
    unexplained: { figures: 0, units: 0 },
  };
}

/** Units between what OTO shows and what is wanted; where it names no figure, all that are wanted. */
function unitsOf({ difference, wanted }: Explanation): number {
  return Math.abs(difference ?? wanted ?? 0);
}

/** A figure that waits for something stays as it was, but what made it so is another question: the causes answer that one alone. */
function judge(explanation: Explanation): Drifted {
  const { facts, reasons, unexplained } = explanation;
  const { written, onHand, operation } = facts;
  const told = (cause: DriftCause, units = 0): Drifted => ({ explanation, cause, unexplained: units });
  if (written === null && unexplained === (explanation.difference ?? 0)) return told('new');
  if (unexplained !== 0) return told('unexplained', unexplained);
  // Orders and documents may have moved it. But it shows what the bridge set: it is the ERP that has moved.
  if (onHand !== null && (onHand === written?.quantity || onHand === operation?.quantity)) return told('erp');
  if (reasons.some(({ kind }) => kind === 'order')) return told('orders');
  if (reasons.some(({ kind }) => kind === 'receipt' || kind === 'disposal')) return told('documents');
  if (written === null) return told('new');
  return told('unexplained', (onHand ?? 0) - written.quantity);
}

function worstFirst(one: Drifted, other: Drifted): number {
  return (
    Math.abs(other.unexplained) - Math.abs(one.unexplained) || unitsOf(other.explanation) - unitsOf(one.explanation)
  );
}

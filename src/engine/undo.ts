import { BridgeError } from '../lib/errors.ts';
import { counted } from '../lib/text.ts';
import type { OperationKind } from '../model/index.ts';
import { addPlanItems, type NewPlanItem } from '../store/plans.ts';
import { getRun } from '../store/runs.ts';
import { lastSnapshot } from '../store/snapshots.ts';
import { figuresOfRun, restOfRun, type SetByRun, scopeOfRun } from '../store/undo.ts';
import { adoptedLocations } from './adoption.ts';
import type { Flow, RunContext } from './context.ts';
import { engineErrors } from './errors.ts';
import { openPlan } from './plan.ts';
import { pullFigures, soldSince } from './pull.ts';
import { Sold } from './sold.ts';

/** A figure of the run that stays as it is. */
export interface Kept {
  readonly sku: string;
  readonly location: string;
  readonly wrote: number;
  readonly shows: number | null;
  readonly why: string;
}

/** What cannot be taken back at all. */
export interface Lasting {
  readonly kind: OperationKind;
  readonly count: number;
  readonly why: string;
}

export interface Undone {
  /** How many figures stay, and the first of them. */
  readonly kept: number;
  readonly figures: readonly Kept[];
  readonly lasting: readonly Lasting[];
}

/**
 * The stock flow with another plan: each figure that a run has set goes back to what OTO showed before, where OTO still shows what the run
 * set and nothing speaks against it. Like every plan it is shown, and sent by `apply`, which looks at OTO once more. `tell` hears what stays,
 * with `most` figures of it.
 */
export function undoing(stock: Flow, most: number, tell: (found: Undone) => void): Flow {
  return {
    ...stock,
    async plan(context) {
      const { undoes } = context.filter;
      if (undoes === undefined) throw new Error('nothing was said of what to undo');
      const { planId, found } = await planUndo(context, stock, undoes, most);
      tell(found);
      return { kind: 'planned', planId };
    },
  };
}

/** @throws BridgeError NOT_FOUND, WRONG_STATE */
async function planUndo(
  context: RunContext,
  stock: Flow,
  undoes: number,
  most: number,
): Promise<{ planId: number; found: Undone }> {
  const { db, config, signal } = context;
  await requireEnded(context, undoes);
  const { skus, sentAt } = await scopeOfRun(db, undoes);
  const rest = await restOfRun(db, undoes);
  if (skus.length + rest.length === 0) {
    throw new BridgeError(engineErrors.NOT_FOUND, {
      message: `Run ${undoes} has changed nothing, or its operations are not kept any more.`,
      hint: '`oto-bridge runs list` shows what each run landed; retention.operationDays says how long operations are kept.',
    });
  }
  const readSince = await pullFigures(context, skus, stock.adoptable(config), context);
  const sold = new Sold(sentAt === null ? [] : await soldSince(context, sentAt, { signal }));
  const circumstances = { readSince, sold, adopted: await adoptedLocations(context, stock) };
  const source = stock.source(config);
  const snapshot = source === null ? undefined : await lastSnapshot(db, source, 'stock');
  const { planId, kept, figures } = await db.tx(async (tx) => {
    const { id } = await openPlan(context, stock.name, source, snapshot?.id ?? null, tx);
    const figures: Kept[] = [];
    let kept = 0;
    let planned = 0;
    for await (const set of figuresOfRun(tx, undoes)) {
      const items: NewPlanItem[] = [];
      for (const figure of set) {
        if (figure.already) continue;
        const why = whyKept(figure, circumstances);
        if (why === undefined) {
          items.push(itemOf(figure, undoes));
          continue;
        }
        kept += 1;
        const { sku, location, wrote, shows } = figure;
        if (figures.length < Math.max(most, 1)) figures.push({ sku, location, wrote, shows, why });
      }
      await addPlanItems(tx, id, items, planned);
      planned += items.length;
    }
    return { planId: id, kept, figures };
  });
  const found = { kept, figures, lasting: rest.map(lastingOf) };
  noteKept(context, undoes, found);
  return { planId, found };
}

async function requireEnded({ db }: RunContext, id: number): Promise<void> {
  const run = await getRun(db, id);
  if (run === undefined) {
    throw new BridgeError(engineErrors.NOT_FOUND, {
      message: `There is no run ${id}.`,
      hint: '`oto-bridge runs list` shows the newest.',
    });
  }
  if (run.status !== 'running') return;
  throw new BridgeError(engineErrors.WRONG_STATE, {
    message: `Run ${id} of ${run.flow} goes on still: what it will have done is not known.`,
    hint: 'Wait for it, or look at it with `oto-bridge status`.',
  });
}

function itemOf({ key, sku, location, wrote, before, operation, readAt }: SetByRun, run: number): NewPlanItem {
  // OTO has no call that takes a figure away: where there was none, nothing is for sale.
  const to = before ?? 0;
  return {
    kind: 'stock',
    action: to === 0 ? 'zero' : to < wrote ? 'lower' : 'raise',
    key,
    sku,
    location,
    from: wrote,
    to,
    detail: { undoes: { run, operation }, readAt, ...(before === null ? { before } : {}) },
  };
}

interface Circumstances {
  readonly readSince: Date;
  readonly adopted: ReadonlySet<string>;
  readonly sold: Sold;
}

/** Why a figure must stay; undefined where it may go back. What raises it is looked at more closely. */
function whyKept(figure: SetByRun, { readSince, adopted, sold }: Circumstances): string | undefined {
  const { sku, location, wrote, shows, readAt, newer, moved, receipt } = figure;
  const before = figure.before ?? 0;
  if (!adopted.has(location)) return 'the location takes its figures from the ERP no more, or is not adopted';
  if (newer !== null) return `operation ${newer} came after`;
  if (readAt === null || readAt < readSince) return 'OTO does not tell what it shows';
  if (shows !== wrote) return `OTO shows ${shows ?? 'no figure'}: somebody has changed it since`;
  if (moved !== null) return `what it was before is not known for sure: ${moved}`;
  if (before === wrote) return 'it was the same before';
  if (before < wrote) return undefined;
  if (receipt !== null) return `${receipt} is still to be processed in OTO: its goods would be counted twice`;
  const order = sold.mayHaveMoved(sku, location);
  return order === undefined
    ? undefined
    : `order ${order.orderId ?? ''} changed in OTO since: its units would be given back`;
}

const lasts: Readonly<Record<Exclude<OperationKind, 'stock-set'>, string>> = {
  'product-create': 'OTO has no call that takes a product away',
  'inventory-order': 'OTO has no call that takes an inventory order back: reject it on its screen',
  'packing-status': 'OTO takes no packing status back',
  'erp-command': 'the ERP has been told',
};

function lastingOf({ kind, flow, state, count }: Awaited<ReturnType<typeof restOfRun>>[number]): Lasting {
  if (kind !== 'stock-set') return { kind, count, why: lasts[kind] };
  const why = flow === 'stock' ? `it is ${state} still` : 'it keeps goods of a receipt from being counted twice';
  return { kind, count, why };
}

function noteKept({ note }: RunContext, undoes: number, { kept, figures, lasting }: Undone): void {
  const more = lasting.reduce((sum, { count }) => sum + count, 0);
  if (kept > 0) {
    note({
      kind: 'undo-kept',
      message: `${counted(kept, 'figure', 'figures')} of run ${undoes} ${kept === 1 ? 'stays as it is' : 'stay as they are'}: ${figures[0]?.why ?? ''}${kept > 1 ? ', and others' : ''}.`,
      new: false,
      count: kept,
    });
  }
  if (more > 0) {
    note({
      kind: 'undo-lasting',
      message: `${counted(more, 'operation', 'operations')} of run ${undoes} cannot be undone: ${lasting.map((one) => `${one.kind} (${one.why})`).join('; ')}.`,
      new: false,
      count: more,
    });
  }
}

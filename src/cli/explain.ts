import type { Command } from 'commander';
import type { App } from '../app.ts';
import type { Bridge } from '../engine/context.ts';
import type { Explanation, Reason } from '../engine/explain.ts';
import { explainFigures } from '../engine/explain-figures.ts';
import { type Moved, movedSince } from '../engine/movements.ts';
import { pullFigures, soldSince } from '../engine/pull.ts';
import { Sold } from '../engine/sold.ts';
import { scopeOf } from '../engine/stock-scope.ts';
import { isBridgeError } from '../lib/errors.ts';
import { counted } from '../lib/text.ts';
import { lastSnapshot, type Snapshot } from '../store/snapshots.ts';
import { absentFigures } from '../store/stock-plan.ts';
import { type CommonOptions, common, knownLocation, withApp } from './frame.ts';
import { moment, print, table } from './output.ts';

/** With what has moved in the ERP since; or why it could not be asked. */
type Explained = Explanation & { readonly since: readonly Moved[] | string | undefined };

interface ExplainOptions extends CommonOptions {
  readonly location?: string;
}

export function registerExplain(program: Command): void {
  common(program.command('explain <sku>'))
    .summary('why OTO shows what it shows')
    .description(
      "Reads OTO's figure, and takes it apart: the ERP's figure and its as-of time, what is taken off it, and why OTO shows another one.",
    )
    .option('--location <code>', 'only this location')
    .addHelpText('after', '\nExample:\n  oto-bridge explain SKU-000042 --location RUH1')
    .action(async (sku: string, options: ExplainOptions) => {
      const { found, timezone } = await withApp(options, async (app, signal) => ({
        found: await explainAll(app, sku, knownLocation(app.bridge.config, options.location), signal),
        timezone: app.bridge.config.timezone,
      }));
      print(options.json === true, { sku, figures: found.map(explanationJson) }, () =>
        found.length === 0
          ? `No location takes its figure of ${sku} from an ERP.`
          : found.map((one) => explanationText(one, timezone)).join('\n\n'),
      );
    });
}

async function explainAll(
  app: App,
  sku: string,
  location: string | undefined,
  signal: AbortSignal,
): Promise<Explained[]> {
  const { bridge } = app;
  const { stock } = bridge.config.flows;
  const places = bridge.config.locations.filter(
    (place) =>
      place.stock === 'erp' && place.source === stock?.from && (location === undefined || place.oto === location),
  );
  if (stock === undefined || places.length === 0) return [];
  await app.requireAccount();
  const codes = places.map((place) => place.oto);
  await pullFigures(bridge, [sku], codes, { signal });
  const snapshot = await lastSnapshot(bridge.db, stock.from, 'stock');
  const asOf = snapshot?.as_of ?? undefined;
  const absent = new Set(snapshot === undefined ? [] : await absentAt(bridge, stock.from, snapshot, sku));
  const ledger = asOf === undefined ? undefined : await ledgerOf(bridge, stock.from, sku, asOf, signal);
  const sold = new Sold(asOf === undefined ? [] : await soldSince(bridge, asOf, { signal }));
  const keys = codes.map((code) => ({ sku, location: code, absent: absent.has(code) }));
  return (await explainFigures(bridge, stock.from, keys, sold)).map((explanation) => ({
    ...explanation,
    since: Array.isArray(ledger) ? ledger.filter((one) => one.location === explanation.facts.location) : ledger,
  }));
}

/** Locations at which the export makes the SKU zero by not listing it. */
async function absentAt(bridge: Bridge, source: string, snapshot: Snapshot, sku: string): Promise<string[]> {
  const scope = await scopeOf({ ...bridge, filter: { sku } }, source, snapshot);
  if (scope?.locations.some(({ absentIsZero }) => absentIsZero) !== true) return [];
  return (await absentFigures(bridge.db, scope)).map(({ location }) => location);
}

/** What the ERP has moved since its figure was true; in words why it cannot be told; undefined where no connector can tell. */
async function ledgerOf(bridge: Bridge, source: string, sku: string, asOf: Date, signal: AbortSignal) {
  try {
    return await movedSince(bridge, source, [sku], asOf, { signal });
  } catch (error) {
    if (!isBridgeError(error)) throw error;
    return error.message;
  }
}

function explanationJson({ facts, parts, wanted, difference, reasons, unexplained, since }: Explained) {
  const { sku, location, snapshot, erp, doubt, onHand, readAt, item, operation, written } = facts;
  return {
    sku,
    location,
    asOf: snapshot?.asOf.toISOString() ?? null,
    erp,
    doubt,
    wanted,
    parts: parts.map(({ kind, units, document }) => ({ kind, units, document: document?.number ?? null })),
    oto: { onHand, readAt: readAt?.toISOString() ?? null },
    difference,
    reasons: reasons.map(reasonJson),
    unexplained,
    item,
    operation,
    written: written === null ? null : { ...written, at: written.at.toISOString() },
    movedSince: Array.isArray(since)
      ? since.map(({ units, bookedAt, reference }) => ({ units, bookedAt: bookedAt.toISOString(), reference }))
      : null,
  };
}

export function reasonJson({ document, ...reason }: Reason): Record<string, unknown> {
  return { ...reason, document: document?.number ?? null };
}

export function reasonText({ units, text, certain }: Reason): string {
  return `${units === null ? '' : `${signed(units)} `}${certain ? '' : '(perhaps) '}${text}`;
}

const words = { erp: 'the ERP has', pending: 'not processed yet', buffer: 'buffer', clamped: 'never below 0' } as const;

function explanationText(found: Explained, timezone: string): string {
  return [figureText(found, timezone), ...sinceText(found, timezone)].join('\n');
}

export const signed = (units: number) => `${units > 0 ? '+' : ''}${units}`;

const mostMovements = 10;

/** What the next export will say otherwise, and why. */
function sinceText({ since, wanted }: Explained, timezone: string): string[] {
  if (wanted === null || since === undefined || since.length === 0) return [];
  if (typeof since === 'string') return [`  What has moved in the ERP since then is not known: ${since}`];
  const units = since.reduce((sum, one) => sum + one.units, 0);
  const rows = since
    .slice(-mostMovements)
    .map((one) => [`    ${signed(one.units)}`, moment(one.bookedAt, timezone), one.reference]);
  const more = since.length > mostMovements ? `, the last ${mostMovements}` : '';
  return [
    `  Since then the ERP has moved ${signed(units)} in ${counted(since.length, 'movement', 'movements')}${more}:`,
    table(['', '', ''], rows).split('\n').slice(1).join('\n'),
  ];
}

function figureText(found: Explained, timezone: string): string {
  const { facts, parts, wanted, difference, reasons, unexplained } = found;
  const { snapshot } = facts;
  const shown = facts.onHand === null ? 'OTO names no figure' : `OTO shows ${facts.onHand}`;
  const lines = [`${facts.sku} at ${facts.location}: ${shown} (read ${moment(facts.readAt, timezone)})`];
  if (snapshot === null) return [...lines, '  No export of stock has been read yet.'].join('\n');
  if (wanted === null) {
    const why =
      facts.doubt === null ? 'does not list it, or its rows are not kept any more' : `is in doubt: ${facts.doubt}`;
    return [...lines, `  The export of ${moment(snapshot.asOf, timezone)} ${why}.`].join('\n');
  }
  const rows = parts.map(({ kind, units, document }) => [
    `  ${words[kind]}`,
    units,
    kind === 'erp'
      ? `as of ${moment(snapshot.asOf, timezone)}${facts.absent ? ', which does not list it' : ''}`
      : (document?.number ?? ''),
  ]);
  lines.push(table(['  wanted', 'units', ''], [...rows, ['  OTO should show', wanted, '']]));
  if (difference === 0) return [...lines, '  That is what it shows.'].join('\n');
  if (difference === null) return lines.join('\n');
  lines.push(`  It differs by ${signed(difference)}:`);
  lines.push(...reasons.map((reason) => `    ${reasonText(reason)}`));
  lines.push(unexplained === 0 ? '    nothing is unexplained' : `    ${unexplained} of it nothing explains`);
  return lines.join('\n');
}

import type { Command } from 'commander';
import { type Drift, type Drifted, type DriftedPlace, findDrift } from '../engine/drift.ts';
import { counted } from '../lib/text.ts';
import { type DriftCause, driftCauses } from '../store/drift.ts';
import { reasonJson, reasonText, signed } from './explain.ts';
import { type CommonOptions, common, type ExitCode, knownLocation, wholeNumber, withApp } from './frame.ts';
import { moment, print, table } from './output.ts';

interface DriftOptions extends CommonOptions {
  readonly sku?: string;
  readonly location?: string;
  readonly limit?: string;
}

const shownFigures = 20;

export function registerDrift(program: Command, exit: (code: ExitCode) => void): void {
  common(program.command('drift'))
    .summary('where OTO differs from the ERP, explained and unexplained')
    .description(
      "Reads OTO's figures and compares them with what the newest export comes to. Nothing is planned or sent. Exit code 0: everything is explained; 2: something is not; 1: error.",
    )
    .option('--sku <sku>', 'only this SKU')
    .option('--location <code>', 'only this OTO location')
    .option('--limit <n>', 'how many figures to show: what nothing explains first', String(shownFigures))
    .addHelpText('after', '\nExamples:\n  oto-bridge drift\n  oto-bridge drift --location RUH1 --limit 100')
    .action(async (options: DriftOptions) => {
      const limit = wholeNumber(options.limit ?? String(shownFigures), 'number of figures');
      const { drift, timezone } = await withApp(options, async (app, signal, progress) => {
        const location = knownLocation(app.bridge.config, options.location);
        await app.requireAccount();
        return {
          drift: await findDrift(app.bridge, { filter: { sku: options.sku, location }, most: limit, signal, progress }),
          timezone: app.bridge.config.timezone,
        };
      });
      print(options.json === true, drift === undefined ? nothing : driftJson(drift), () =>
        drift === undefined
          ? 'There is nothing to compare: no export of stock has been read yet, or no location takes its figures from an ERP.'
          : driftText(drift, timezone),
      );
      exit(drift !== undefined && sumOf(drift, ['unexplained']) > 0 ? 2 : 0);
    });
}

const nothing = {
  source: null,
  asOf: null,
  readAt: null,
  differ: 0,
  explained: 0,
  new: 0,
  unexplained: 0,
  unlisted: 0,
  locations: [],
  figures: [],
};

/** Causes that say why: a list of movements, or a sync that is still to come. */
const explaining = ['erp', 'orders', 'documents'] as const satisfies DriftCause[];

function sumOf({ places }: Pick<Drift, 'places'>, causes: readonly DriftCause[]): number {
  return places.reduce((sum, place) => sum + causes.reduce((part, cause) => part + place.causes[cause].figures, 0), 0);
}

function driftJson(drift: Drift): Record<string, unknown> {
  return {
    source: drift.source,
    asOf: drift.asOf.toISOString(),
    readAt: drift.readAt.toISOString(),
    differ: sumOf(drift, driftCauses),
    explained: sumOf(drift, explaining),
    new: sumOf(drift, ['new']),
    unexplained: sumOf(drift, ['unexplained']),
    unlisted: drift.unlisted,
    locations: drift.places,
    figures: drift.figures.map(({ explanation, cause, unexplained }) => ({
      sku: explanation.facts.sku,
      location: explanation.facts.location,
      oto: explanation.facts.onHand,
      wanted: explanation.wanted,
      difference: explanation.difference,
      cause,
      unexplained,
      reasons: explanation.reasons.map(reasonJson),
    })),
  };
}

function driftText(drift: Drift, timezone: string): string {
  const { places, figures, asOf, readAt } = drift;
  const total = sumOf(drift, driftCauses);
  const lines = [
    `OTO's figures, read ${moment(readAt, timezone)}, beside the export of ${moment(asOf, timezone)}:`,
    table(
      ['location', 'compared', 'differ', 'ERP moved', 'orders', 'documents', 'new', 'unexplained', 'units off'],
      places.map(placeRow),
    ),
  ];
  const unread = places.reduce((sum, place) => sum + place.unread, 0);
  if (unread > 0) lines.push(`${counted(unread, 'figure', 'figures')} OTO did not tell: nothing is known of them.`);
  if (drift.unlisted > 0)
    lines.push(
      `${counted(drift.unlisted, 'figure', 'figures')} of OTO the export does not list: nothing is wanted of them.`,
    );
  if (total === 0) return [...lines, 'OTO shows what is wanted.'].join('\n');
  lines.push('', table(['SKU', 'location', 'OTO', 'wanted', 'by', 'unexplained', 'why'], figures.map(figureRow)));
  if (total > figures.length) lines.push(`… ${total - figures.length} more: --limit ${total}`);
  lines.push(
    '',
    '`oto-bridge explain SKU` takes one of them apart. The next sync of stock sets what is wanted, within its guards.',
  );
  return lines.join('\n');
}

function placeRow({ location, compared, differ, causes }: DriftedPlace) {
  const { erp, orders, documents, unexplained } = causes;
  return [
    location,
    compared,
    differ,
    erp.figures,
    orders.figures,
    documents.figures,
    causes.new.figures,
    unexplained.figures,
    driftCauses.reduce((sum, cause) => sum + causes[cause].units, 0),
  ];
}

const why: Readonly<Record<DriftCause, string>> = {
  erp: 'the ERP has moved since the bridge set it',
  orders: 'OTO sold since',
  documents: 'documents since',
  new: 'the bridge has never set it',
  unexplained: 'nobody knows',
};

function figureRow({ explanation, cause, unexplained }: Drifted) {
  const { facts, wanted, difference, reasons } = explanation;
  const first = reasons[0];
  return [
    facts.sku,
    facts.location,
    facts.onHand,
    wanted,
    difference === null ? null : signed(difference),
    unexplained === 0 ? null : signed(unexplained),
    first === undefined
      ? why[cause]
      : `${cause === 'unexplained' ? `${why[cause]}; ` : ''}${reasonText(first)}${reasons.length > 1 ? ` and ${reasons.length - 1} more` : ''}`,
  ];
}

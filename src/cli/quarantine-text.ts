import { counted } from '../lib/text.ts';
import type { Quarantine, QuarantineFilter, QuarantineGroup } from '../store/quarantines.ts';
import { moment, table } from './output.ts';

/** As many rules and places as anybody reads. */
const mostGroups = 25;

/** What is held, by rule and place: how much, since when, why, and a few of each. */
export function groupsText(groups: readonly QuarantineGroup[], timezone: string): string {
  const shown = groups.slice(0, mostGroups);
  const left = groups.slice(mostGroups);
  const rest = left.reduce((sum, group) => sum + group.count, 0);
  return [
    ...shown.map((group) => groupText(group, timezone)),
    ...(left.length === 0
      ? []
      : [`… and ${rest} more in ${left.length} places: narrow it down with --rule or --location.`]),
  ].join('\n\n');
}

function groupText(group: QuarantineGroup, timezone: string): string {
  const since = moment(group.since, timezone).slice(0, 16);
  const often = group.times > 1 ? `, in ${group.times} exports in a row` : '';
  return [
    `${group.count} by ${headingOf(group)}, since ${since}${often}`,
    `  ${group.reason}`,
    ...(group.count > 1 ? [`  such as ${group.examples.map(exampleText).join(', ')}`] : []),
    `  oto-bridge quarantine list${optionsOf(group)}`,
  ].join('\n');
}

function headingOf({
  flow,
  rule,
  location,
  product_group,
}: Pick<QuarantineGroup, 'flow' | 'rule' | 'location' | 'product_group'>): string {
  const where = location === '' ? '' : ` at ${location}`;
  return `${rule}${where}${product_group === '' ? '' : ` in ${product_group}`} (${flow})`;
}

function exampleText({ id, sku, from, to }: QuarantineGroup['examples'][number]): string {
  return sku === '' || to === null ? `number ${id}` : `${sku} ${from ?? 'nothing'} → ${to}`;
}

/** The options by which a command acts on just this group. */
function optionsOf({ flow, rule, location, product_group }: QuarantineGroup): string {
  const options: [string, string][] = [
    ['flow', flow],
    ['rule', rule],
    ['location', location],
    ['group', product_group],
  ];
  return optionText(options);
}

/** A filter as it stands on a command line. */
export function filterText({ flow, rule, location, group, sku, run, standing }: QuarantineFilter): string {
  const given = { flow, rule, location, group, sku, run: run?.toString() };
  return `${optionText(Object.entries(given).map(([name, value]) => [name, value ?? '']))}${standing === true ? ' --rejected' : ''}`;
}

function optionText(options: readonly (readonly [string, string])[]): string {
  return options
    .filter(([, value]) => value !== '')
    .map(([name, value]) => ` --${name} ${/^[\w.-]+$/.test(value) ? value : `'${value.replaceAll("'", "'\\''")}'`}`)
    .join('');
}

/** Each row, under a heading for its rule and place. What is said of a place is said once. */
export function rowsText(rows: readonly Quarantine[], timezone: string): string {
  const groups = Map.groupBy(rows, (row) => `${headingOf(row)}\n${row.cause ?? ''}`);
  return [...groups.values()]
    .map((group) => {
      const [first] = group;
      if (first === undefined) return '';
      const figures = group.some((row) => row.sku !== '' && row.to !== null);
      const reasons = first.cause === null;
      const decided = group.some((row) => row.state !== 'held');
      const headers = [
        'id',
        ...(figures ? ['SKU', 'OTO shows', 'wanted'] : []),
        ...(decided ? ['state', 'by', 'note'] : []),
        'since',
        ...(reasons ? ['reason'] : []),
      ];
      const body = group.map((row) => [
        row.id,
        ...(figures ? [row.sku, row.from, row.to] : []),
        ...(decided ? [stateOf(row, timezone), row.decided_by, row.note] : []),
        moment(row.since, timezone).slice(0, 16),
        ...(reasons ? [row.reason] : []),
      ]);
      const heading = `${group.length} by ${headingOf(first)}${first.cause === null ? '' : `: ${first.cause}`}`;
      return `${heading}\n${table(headers, body).replace(/^/gm, '  ')}`;
    })
    .join('\n\n');
}

function stateOf({ state, approved_until, ended_at }: Quarantine, timezone: string): string {
  if (state === 'approved') return `approved until ${moment(approved_until, timezone).slice(0, 16)}`;
  return state === 'rejected' && ended_at !== null ? 'rejected, and over' : state;
}

/** What a decision comes to. Many rows are told by their number alone. */
export function decisionText(rows: readonly Quarantine[], decision: 'approved' | 'rejected', timezone: string): string {
  const [first] = rows;
  if (first === undefined) return '';
  const what =
    decision === 'approved'
      ? `the next sync applies ${rows.length === 1 ? 'it' : 'each'} to fresh figures, until ${moment(first.approved_until, timezone).slice(0, 16)}`
      : 'a document is never sent; a figure stays as OTO shows it until the ERP says another';
  if (rows.length > 20) return `${counted(rows.length, 'row is', 'rows are')} ${decision}: ${what}.`;
  return rows
    .map((row) => {
      const figures = row.sku !== '' && row.to !== null ? ` ${row.from ?? 'nothing'} → ${row.to}` : '';
      const where = `${row.sku === '' ? '' : ` ${row.sku}`}${row.location === '' ? '' : ` at ${row.location}`}`;
      return `${row.id} (${row.rule}${where}${figures}): ${decision}; ${what}`;
    })
    .join('\n');
}

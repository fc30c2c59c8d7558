/** Whether all came out as it should, by the ERP's model and the simulator's own books. */
import { createReadStream } from 'node:fs';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { versionOfFigure } from '../erp.ts';
import type { Call, OtoState } from './control.ts';
import type { Erp } from './erp.ts';
import type { Site } from './site.ts';

export interface Quarantined {
  readonly sku: string;
  readonly location: string;
  readonly rule: string;
  readonly reason: string;
}

export interface Verdict {
  /** Documents, products and packing steps that took effect more than once, and calls for a document after one had landed. */
  readonly duplicates: number;
  /** Documents, products and packing steps that are not there, and figures that are wrong. */
  readonly lost: number;
  /** Figures that were set back to an older one on the way. */
  readonly stale: number;
  readonly quarantined: readonly Quarantined[];
  readonly problems: readonly string[];
}

interface Listed {
  readonly id: number;
  readonly kind: string;
  readonly key: string;
  readonly state: string;
  readonly order: string | null;
  readonly why: string | null;
  readonly request: Readonly<Record<string, unknown>>;
}

export async function judge(site: Site, erp: Erp): Promise<Verdict> {
  const [oto, calls] = [await site.control.state(), await site.control.calls()];
  const quarantined = await quarantinedOf(site);
  const problems: string[] = [];
  const tell = (what: string, list: readonly string[]) => {
    if (list.length > 0) problems.push(`${list.length} ${what}: ${list.slice(0, 8).join('; ')}`);
    return list.length;
  };
  const documents = judgeDocuments(erp, oto, calls);
  const products = judgeProducts(erp, calls);
  const packing = await judgePacking(site, oto, calls);
  const figures = judgeFigures(erp, oto, quarantined);
  tell('documents are in OTO more than once', documents.twice);
  tell('calls were sent for a document that had landed', documents.again);
  const duplicates =
    new Set([...documents.twice, ...documents.again].map((text) => text.split(' ')[0])).size +
    tell('products were created more than once', products.twice) +
    tell('packing steps took effect more than once', packing.twice);
  const lost =
    tell('documents are not in OTO', documents.missing) +
    tell('documents stand in OTO with other lines', documents.other) +
    tell('products are not in OTO', products.missing) +
    tell('packing steps that landed are not in OTO', packing.missing) +
    tell('figures are wrong', figures);
  const stale = tell('figures were set back to an older one', setBack(calls));
  tell('documents are in OTO that the ERP never had', documents.unknown);
  tell('operations have no verdict', await openOperations(site));
  tell('operations were refused', await refusedOperations(site));
  tell('lines of a log hold a secret', await secretsIn(site));
  // A guard may find more suspicious than what was meant to be; one that holds whatever comes would hide what is wrong.
  if (quarantined.length > 2 * erp.suspicious + 5)
    problems.push(`${quarantined.length} figures are held, and only ${erp.suspicious} were made to look wrong`);
  tell(
    'rows are held by a rule that nothing here should trip',
    quarantined.filter(({ rule }) => rule !== 'unit-jump' && rule !== 'stray-zero').map(({ reason }) => reason),
  );
  return { duplicates, lost, stale, quarantined, problems };
}

/** The ERP's number in the reference under which the bridge sends a document: `GRN-000001` of `GRN-000001-4F2A9C`. */
export function numberOf(waybill: unknown): string {
  return String(waybill).replace(/-[0-9A-F]{6}$/, '');
}

/** Numbers of the receipts that OTO's staff have processed. */
export function processedIn(oto: OtoState): Set<string> {
  return new Set(
    oto.inventoryOrders.filter(({ status }) => status === 'processed').map((order) => numberOf(order.waybillNumber)),
  );
}

/** Figures that OTO shows and the model of the ERP does not want. */
export function judgeFigures(erp: Erp, oto: OtoState, quarantined: readonly Quarantined[]): string[] {
  const shown = new Map(oto.stock.map(({ sku, location, onHand }) => [`${location} ${sku}`, onHand]));
  const held = new Set(quarantined.map(({ sku, location }) => `${location} ${sku}`));
  // Where OTO shows nothing at all, nothing can be sold: that is 0.
  return [...erp.wanted(processedIn(oto))]
    .filter(([key, figure]) => !held.has(key) && (shown.get(key) ?? 0) !== figure)
    .map(([key, figure]) => `${key} is ${shown.get(key) ?? 'unknown'}, not ${figure}`);
}

function judgeDocuments(erp: Erp, oto: OtoState, calls: readonly Call[]) {
  const found = Map.groupBy(oto.inventoryOrders, (order) => numberOf(order.waybillNumber));
  const landed = new Set<string>();
  const again: string[] = [];
  for (const { endpoint, params, effect, seq } of calls) {
    if (endpoint !== 'createInventoryOrder') continue;
    const number = numberOf(params?.waybillNumber);
    if (landed.has(number)) again.push(`${number} (call ${seq})`);
    if (effect) landed.add(number);
  }
  const linesOf = (lines: Iterable<readonly [string, number]>) =>
    [...lines]
      .map(([sku, quantity]) => `${quantity} ${sku}`)
      .sort()
      .join(', ');
  return {
    again,
    twice: [...found]
      .filter(([, orders]) => orders.length > 1)
      .map(([number, { length }]) => `${number} ${length} times`),
    missing: [...erp.receipts.keys()].filter((number) => !found.has(number)),
    unknown: [...found.keys()].filter((number) => !erp.receipts.has(number)),
    other: [...found].flatMap(([number, orders]) => {
      const wanted = linesOf(erp.receipts.get(number)?.lines ?? []);
      const shown = orders.map(({ items }) => linesOf(items.map(({ sku, qty }) => [sku, Number(qty)] as const)));
      return shown.every((lines) => lines === wanted) ? [] : [`${number} has ${shown.join(' and ')}, not ${wanted}`];
    }),
  };
}

function judgeProducts(erp: Erp, calls: readonly Call[]) {
  const made = Map.groupBy(
    calls.filter(({ endpoint, effect }) => endpoint === 'createProduct' && effect),
    ({ params }) => String(params?.sku),
  );
  return {
    twice: [...made].filter(([, list]) => list.length > 1).map(([sku]) => sku),
    missing: erp.skus.filter((sku) => !made.has(sku)),
  };
}

async function judgePacking(site: Site, oto: OtoState, calls: readonly Call[]) {
  const steps = Map.groupBy(
    calls.filter(({ endpoint, effect }) => endpoint === 'updatePackingStatus' && effect),
    ({ params }) => `${params?.orderId} ${params?.packingStatus}`,
  );
  const landed = await list(site, '--kind', 'packing-status', '--state', 'landed');
  const history = new Map(
    oto.orders.map((order) => [order.orderId, new Set(order.history.map(({ status }) => status))]),
  );
  return {
    twice: [...steps].filter(([, made]) => made.length > 1).map(([step]) => step),
    missing: landed
      .filter(({ order, request }) => history.get(order ?? '')?.has(String(request.packingStatus)) !== true)
      .map(({ order, request }) => `${order} ${request.packingStatus}`),
  };
}

/** By the order in which OTO took them. */
function setBack(calls: readonly Call[]): string[] {
  const newest = new Map<string, number>();
  return calls.flatMap(({ endpoint, effect, params, seq }) => {
    if (endpoint !== 'updateStockQuantity' || !effect || params?.locationCode !== 'DMM1') return [];
    const sku = String(params.sku);
    const version = versionOfFigure(Number(params.qty));
    const before = newest.get(sku) ?? -1;
    newest.set(sku, Math.max(before, version));
    return version < before ? [`${sku} from version ${before} to ${version} (call ${seq})`] : [];
  });
}

export async function openOperations(site: Site): Promise<string[]> {
  const open = await list(site, '--state', 'ready', 'waiting', 'sending', 'unknown', 'parked');
  return open.map(({ id, kind, key, state, why }) => `${id} ${kind} ${key.replace('\t', ' ')} ${state}: ${why}`);
}

async function refusedOperations(site: Site): Promise<string[]> {
  return (await list(site, '--state', 'refused')).map(({ id, kind, key, why }) => `${id} ${kind} ${key}: ${why}`);
}

async function list(site: Site, ...filter: readonly string[]): Promise<readonly Listed[]> {
  const { json, code } = await site.command<{ operations: Listed[] }>(
    ...(['judge', 'operations', 'list', ...filter, '--limit', '100000'] as const),
  );
  if (json === undefined) throw new Error(`\`operations list\` ended with ${code} and printed nothing`);
  return json.operations;
}

export async function quarantinedOf(site: Site): Promise<Quarantined[]> {
  const { json } = await site.command<{ quarantine: Quarantined[] }>('judge', 'quarantine', 'list', '--limit', '10000');
  if (json === undefined) throw new Error('`quarantine list` printed nothing');
  return json.quarantine.map(({ sku, location, rule, reason }) => ({ sku, location, rule, reason }));
}

/** A token of the simulator is a JWT. */
const token = /eyJ[\w-]{8,}\.eyJ[\w-]{8,}/;

async function secretsIn({ logs, secrets }: Site): Promise<string[]> {
  const found: string[] = [];
  for (const name of await readdir(logs)) {
    let number = 0;
    for await (const line of createInterface({ input: createReadStream(join(logs, name)) })) {
      number += 1;
      if (token.test(line) || secrets.some((secret) => line.includes(secret))) found.push(`${name}:${number}`);
    }
  }
  return found;
}

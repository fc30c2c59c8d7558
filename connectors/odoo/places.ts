import { BridgeError, connectorErrors } from '../../src/connector/index.ts';
import type { Row, Session } from './session.ts';
import { idOf, textOf } from './values.ts';

export interface Place {
  readonly id: number;
  /** `internal`, `supplier`, `customer`, `inventory`, `production`, `transit`, `view`. */
  readonly usage: string;
  /** What the bridge calls it, where goods that lie there are counted. */
  readonly code: string | undefined;
  readonly name: string;
}

export interface Warehouse {
  readonly id: number;
  readonly code: string;
  /** The location above all of its locations. */
  readonly root: number;
  /** Where its goods lie unless something else is said. */
  readonly stock: number;
  readonly active: boolean;
}

/** Odoo's locations and warehouses. A warehouse's locations are found by their path, which every version has. */
export interface Places {
  readonly warehouses: readonly Warehouse[];
  get(id: number | undefined): Place | undefined;
  /** The location that a figure of this code is booked at, and all that the figure is the sum of. */
  target(code: string): { readonly stock: number; readonly all: readonly number[] } | undefined;
}

export async function readPlaces(session: Session, signal: AbortSignal): Promise<Places> {
  const { companies } = await session.standing(signal);
  const ofOurs = ['|', ['company_id', '=', false], ['company_id', 'in', companies]];
  const locationFields = ['complete_name', 'usage', 'parent_path', 'active'];
  const rows = await session.searchAll('stock.location', { domain: ofOurs, fields: locationFields }, signal);
  const warehouseFields = ['code', 'view_location_id', 'lot_stock_id', 'active'];
  const warehouseDomain = [['company_id', 'in', companies]];
  const found = await session.searchAll(
    'stock.warehouse',
    { domain: warehouseDomain, fields: warehouseFields },
    signal,
  );
  const warehouses = found.map(warehouseOf);
  const byWarehouse = session.options.locations === 'warehouse';
  const places = new Map(rows.map((row) => [row.id, placeOf(row, byWarehouse ? warehouses : undefined)]));
  requireDistinct(byWarehouse ? warehouses : [...places.values()].filter(({ usage }) => usage === 'internal'));
  return {
    warehouses,
    get: (id) => (id === undefined ? undefined : places.get(id)),
    target(code) {
      const all = [...places.values()].filter((place) => place.usage === 'internal' && place.code === code);
      const stock = byWarehouse ? warehouses.find((warehouse) => warehouse.code === code)?.stock : all[0]?.id;
      return stock === undefined ? undefined : { stock, all: all.map(({ id }) => id) };
    },
  };
}

function warehouseOf(row: Row): Warehouse {
  return {
    id: row.id,
    code: String(row.code ?? ''),
    root: idOf(row.view_location_id) ?? 0,
    stock: idOf(row.lot_stock_id) ?? 0,
    active: row.active !== false,
  };
}

function placeOf(row: Row, warehouses: readonly Warehouse[] | undefined): Place {
  const name = textOf(row.complete_name) ?? String(row.id);
  const usage = String(row.usage);
  // `1/7/8/`: the ids of all that lie above it, and its own.
  const above = String(row.parent_path ?? '').split('/');
  const warehouse = warehouses?.find(({ root }) => above.includes(String(root)));
  const code = usage !== 'internal' ? undefined : warehouses === undefined ? name : warehouse?.code;
  return { id: row.id, usage, code, name };
}

/** Codes are unique within a company only. Two places of one code would be added up. */
function requireDistinct(places: readonly { readonly id: number; readonly code: string | undefined }[]): void {
  const seen = new Map<string, number>();
  for (const { id, code } of places) {
    if (code === undefined) continue;
    if (seen.has(code)) {
      throw new BridgeError(connectorErrors.CONNECTOR_OPTIONS, {
        message: `Two places of Odoo are called "${code}" (ids ${seen.get(code)} and ${id}): their goods cannot be told apart.`,
        hint: 'Limit the source to one company with `companies`, or give one of them another short name in Odoo.',
      });
    }
    seen.set(code, id);
  }
}

import { type Figure, figureSeen, forecastOf, type StockRow } from '../figures.ts';
import { takesQuantity } from '../quantity-form.ts';
import { type Refusal, refusal } from '../refusals.ts';
import type { World } from '../state.ts';
import type { Call, Handler } from './handler.ts';

export const updateStockQuantity: Handler<'updateStockQuantity'> = (params, { world, raw }) => {
  const { sku, locationCode, actionType, qty } = params;
  const { state, switches } = world;
  if (!takesQuantity(world, raw.qty)) return { refused: refusal('quantity', 'qty has a wrong type') };
  if (!state.products.has(sku)) return { refused: refusal('sku') };
  if (!state.locations.has(locationCode)) return { refused: refusal('location') };
  const row = state.figures.find(sku, locationCode);
  if (switches.values.firstSet === 'refuse' && row?.stocked !== true) return { refused: refusal('noInventory') };
  const before = row?.now.onHand ?? 0;
  const asked = actionType === 'set' ? qty : before + qty;
  if (switches.values.negativeSet === 'refuse' && asked < 0) return { refused: refusal('stock') };
  const after = switches.values.negativeSet === 'clamp' ? Math.max(0, asked) : asked;
  const transactionID = state.next.transaction++;
  state.figures.move(sku, locationCode, { onHand: after - before }, actionType, transactionID);
  const warning =
    actionType === 'set'
      ? `Stock quantity is set to ${after}`
      : `Stock quantity is ${qty < 0 ? 'decreased' : 'increased'} by ${Math.abs(qty)}`;
  return { body: { success: true, warnings: [warning], transactionID }, effect: { id: transactionID } };
};

interface Seen {
  readonly row: StockRow;
  readonly figure: Figure;
}

/** The rows of a SKU that a read shows. An open inventory order shows before there is an inventory row only if the forecast counts it. */
function seen({ world, stale }: Call, sku: string): Seen[] {
  const withOrders = world.switches.values.forecastIncludesInventoryOrders;
  const found: Seen[] = [];
  for (const row of world.state.figures.ofSku(sku)) {
    const figure = figureSeen(row, world.now(), stale);
    if (figure === undefined) continue;
    const expected = withOrders && (figure.incoming !== 0 || figure.outgoing !== 0);
    if (row.stocked || figure.reserved !== 0 || expected) found.push({ row, figure });
  }
  return found;
}

type Answer =
  | { readonly stock: Record<string, unknown[]> }
  | { readonly refused: Refusal }
  | { readonly gateway: { readonly status: number } };

/** Several SKUs come joined by commas; a SKU that holds one cannot be asked for. */
function readEach(world: World, skus: string, read: (sku: string) => unknown[]): Answer {
  const unknown = world.switches.values.unknownSkuInRead;
  // Without a prototype, so that a SKU called `__proto__` is a key like any other.
  const stock: Record<string, unknown[]> = Object.create(null);
  const { skusPerCall, tooManySkus } = world.switches.values;
  const asked = [...new Set(skus.split(','))].filter((sku) => sku !== '');
  const tooMany = asked.length > skusPerCall;
  if (tooMany && tooManySkus === 'refuse') return { refused: refusal('tooManyIds') };
  if (tooMany && tooManySkus === 'tooLong') return { gateway: { status: 414 } };
  for (const sku of tooMany && tooManySkus === 'cut' ? asked.slice(0, skusPerCall) : asked) {
    if (unknown === 'refuse' && !world.state.products.has(sku)) return { refused: refusal('sku', sku) };
    const entries = read(sku);
    if (entries.length > 0 || unknown !== 'absent') stock[sku] = entries;
  }
  return { stock };
}

/** A quantity in an answer, in the form of the switch figuresAsText. */
function written(world: World, quantity: number): number | string {
  return world.switches.values.figuresAsText ? String(quantity) : quantity;
}

export const checkInventoryStock: Handler<'checkInventoryStock'> = ({ sku: skus, pickupLocationCode }, call) => {
  const { world } = call;
  if (pickupLocationCode !== undefined && !world.state.locations.has(pickupLocationCode)) {
    return { refused: refusal('pickupLocation') };
  }
  const { forecastIncludesInventoryOrders, stockWithoutLocation, stockLocationFilter } = world.switches.values;
  const only = stockLocationFilter === 'heeded' ? pickupLocationCode : undefined;
  const answer = readEach(world, skus, (sku) => {
    const rows = seen(call, sku)
      .filter(({ row }) => only === undefined || row.location === only)
      .map(({ row, figure }) => ({
        pickupLocationCode: row.location,
        sku,
        quantityForecasted: written(world, forecastOf(figure, forecastIncludesInventoryOrders)),
        quantityOnHand: written(world, figure.onHand),
      }));
    if (!stockWithoutLocation || only !== undefined || !world.state.products.has(sku)) return rows;
    return [{ sku, quantityForecasted: written(world, -6), quantityOnHand: written(world, -6) }, ...rows];
  });
  return 'stock' in answer ? { body: { success: true, stock: answer.stock } } : answer;
};

export const checkGlobalStock: Handler<'checkGlobalStock'> = ({ sku: skus }, call) => {
  const withOrders = call.world.switches.values.forecastIncludesInventoryOrders;
  const answer = readEach(call.world, skus, (sku) => {
    const rows = seen(call, sku);
    if (rows.length === 0) return [];
    let quantityOnHand = 0;
    let quantityForecasted = 0;
    for (const { figure } of rows) {
      quantityOnHand += figure.onHand;
      quantityForecasted += forecastOf(figure, withOrders);
    }
    return [
      {
        sku,
        quantityOnHand: written(call.world, quantityOnHand),
        quantityForecasted: written(call.world, quantityForecasted),
        minInventory: 0,
      },
    ];
  });
  if (!('stock' in answer)) return answer;
  if (call.world.switches.values.globalStockForm === 'list') return { body: { success: true, stock: answer.stock } };
  const stock = Object.fromEntries(Object.entries(answer.stock).map(([sku, rows]) => [sku, rows[0] ?? null]));
  return { body: { success: true, stock } };
};

import { type Figure, figureSeen, forecastOf, type StockRow } from '../figures.ts';
import { type Refusal, refusal } from '../refusals.ts';
import type { World } from '../state.ts';
import type { Call, Handler } from './handler.ts';

export const updateStockQuantity: Handler<'updateStockQuantity'> = (params, { world }) => {
  const { sku, locationCode, actionType, qty } = params;
  const { state, switches } = world;
  if (!state.products.has(sku)) return { refused: refusal('sku') };
  if (!state.locations.has(locationCode)) return { refused: refusal('location') };
  const row = state.figures.find(sku, locationCode);
  if (switches.values.firstSet === 'refuse' && row?.stocked !== true) return { refused: refusal('noInventory') };
  const before = row?.now.onHand ?? 0;
  const after = actionType === 'set' ? qty : before + qty;
  if (switches.values.negativeSet === 'refuse' && after < 0) return { refused: refusal('stock') };
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

type Answer = { readonly stock: Record<string, unknown[]> } | { readonly refused: Refusal };

/** Several SKUs come joined by commas; a SKU that holds one cannot be asked for. */
function readEach(world: World, skus: string, read: (sku: string) => unknown[]): Answer {
  const unknown = world.switches.values.unknownSkuInRead;
  // Without a prototype, so that a SKU called `__proto__` is a key like any other.
  const stock: Record<string, unknown[]> = Object.create(null);
  for (const sku of new Set(skus.split(','))) {
    if (sku === '') continue;
    if (unknown === 'refuse' && !world.state.products.has(sku)) return { refused: refusal('sku', sku) };
    const entries = read(sku);
    if (entries.length > 0 || unknown !== 'absent') stock[sku] = entries;
  }
  return { stock };
}

export const checkInventoryStock: Handler<'checkInventoryStock'> = ({ sku: skus, pickupLocationCode }, call) => {
  const { world } = call;
  if (pickupLocationCode !== undefined && !world.state.locations.has(pickupLocationCode)) {
    return { refused: refusal('pickupLocation') };
  }
  const withOrders = world.switches.values.forecastIncludesInventoryOrders;
  const answer = readEach(world, skus, (sku) =>
    seen(call, sku)
      .filter(({ row }) => pickupLocationCode === undefined || row.location === pickupLocationCode)
      .map(({ row, figure }) => ({
        pickupLocationCode: row.location,
        sku,
        quantityForecasted: forecastOf(figure, withOrders),
        quantityOnHand: figure.onHand,
      })),
  );
  return 'refused' in answer ? answer : { body: { success: true, stock: answer.stock } };
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
    return [{ sku, quantityOnHand, quantityForecasted, minInventory: 0 }];
  });
  return 'refused' in answer ? answer : { body: { success: true, stock: answer.stock } };
};

import { DateTime } from 'luxon';
import { createInventoryOrder as create } from '../inventory-orders.ts';
import { refusal } from '../refusals.ts';
import type { Handler } from './handler.ts';

/** DD/MM/YYYY to itself; anything else gives a warning and no date, and never a refusal: captured behaviour. */
function dateOf(field: string, value: string | undefined, warnings: string[]): string | undefined {
  if (value === undefined || value === '') return undefined;
  if (DateTime.fromFormat(value, 'dd/MM/yyyy').isValid) return value;
  warnings.push(`${field} is invalid, the order is created without it`);
  return undefined;
}

export const createInventoryOrder: Handler<'createInventoryOrder'> = (params, { world }) => {
  const { state, switches } = world;
  const location = state.locations.get(params.locationCode);
  if (location === undefined) return { refused: refusal('location') };
  const bin = params.binLocationName;
  if (bin !== undefined && bin !== '' && !location.bins.includes(bin)) return { refused: refusal('bin') };

  const warnings: string[] = [];
  const known = params.items.filter(({ sku }) => state.products.has(sku));
  const unknown = params.items.filter(({ sku }) => !state.products.has(sku));
  if (unknown.length > 0 && switches.values.unknownSkuInInventoryOrder === 'refuse') {
    return { refused: refusal('sku', unknown.map(({ sku }) => sku).join(', ')) };
  }
  if (known.length === 0) return { refused: refusal('items', 'no item is left') };
  for (const { sku } of unknown) warnings.push(`sku ${sku} does not exist, the item is left out`);

  const waybillNumber = params.waybillNumber === '' ? undefined : params.waybillNumber;
  if (
    waybillNumber !== undefined &&
    switches.values.duplicateWaybill === 'refuse' &&
    state.waybills.has(waybillNumber)
  ) {
    return { refused: refusal('orderExists', 'waybillNumber') };
  }
  const { otoId } = create(world, {
    action: params.action,
    locationCode: params.locationCode,
    binLocationName: bin,
    orderDate: dateOf('orderDate', params.orderDate, warnings),
    deliveryDate: dateOf('deliveryDate', params.deliveryDate, warnings),
    waybillNumber,
    description: params.description,
    type: params.type,
    items: known.map(({ sku, qty }) => ({ sku, qty })),
  });
  return { body: { success: true, otoId, ...(warnings.length > 0 && { warnings }) }, effect: { id: otoId } };
};

import { DateTime } from 'luxon';
import { createInventoryOrder as create } from '../inventory-orders.ts';
import { takesQuantity } from '../quantity-form.ts';
import { refusal } from '../refusals.ts';
import type { Handler } from './handler.ts';

/** DD/MM/YYYY to itself; anything else gives a warning and no date, and never a refusal: captured behaviour. */
function dateOf(field: string, value: string | undefined, warnings: string[]): string | undefined {
  if (value === undefined || value === '') return undefined;
  if (DateTime.fromFormat(value, 'dd/MM/yyyy').isValid) return value;
  warnings.push(`${field} is invalid, the order is created without it`);
  return undefined;
}

export const createInventoryOrder: Handler<'createInventoryOrder'> = (params, { world, raw }) => {
  const { state, switches } = world;
  const given = Array.isArray(raw.items) ? (raw.items as { qty?: unknown }[]) : [];
  if (!given.every(({ qty }) => takesQuantity(world, qty))) {
    return { refused: refusal('quantity', 'qty has a wrong type') };
  }
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
  const keeps = switches.values.unknownSkuInInventoryOrder === 'keep';
  if (known.length === 0 && !keeps) return { refused: refusal('items', 'no item is left') };
  if (!keeps) for (const { sku } of unknown) warnings.push(`sku ${sku} does not exist, the item is left out`);

  const waybillNumber = params.waybillNumber === '' ? undefined : params.waybillNumber;
  const first = waybillNumber === undefined ? undefined : state.waybills.get(waybillNumber);
  if (first !== undefined && switches.values.duplicateWaybill === 'refuse') {
    return { refused: refusal('orderExists', 'waybillNumber') };
  }
  if (first !== undefined && switches.values.duplicateWaybill === 'same') {
    return { body: { success: true, otoId: first } };
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
    items: (keeps ? params.items : known).map(({ sku, qty }) => ({ sku, qty })),
    unlinked: keeps ? unknown.map(({ sku }) => sku) : [],
  });
  return { body: { success: true, otoId, ...(warnings.length > 0 && { warnings }) }, effect: { id: otoId } };
};

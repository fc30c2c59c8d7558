import { refusal } from '../refusals.ts';
import type { World } from '../state.ts';
import type { Handler } from './handler.ts';

export const getBrandList: Handler<'getBrandList'> = (_params, { world }) => {
  const clientStores = world.state.account.content.brands.map(({ id, name, logo, warehouseId }) => ({
    ID: id,
    storeName: name,
    companyId: 3,
    wareHouseName: warehouseName(world, warehouseId),
    brandLogo: logo ?? null,
    defaultWarehouseId: warehouseId === undefined ? null : Number(warehouseId),
  }));
  return { body: { success: true, clientStores } };
};

function warehouseName({ state }: World, id: string | undefined): string | null {
  return [...state.locations.values()].find((location) => String(location.id) === id)?.name ?? null;
}

export const createBrand: Handler<'createBrand'> = ({ storeName, logo, defaultWarehouseID }, { world }) => {
  const { next, account } = world.state;
  const { brands } = account.content;
  if (brands.some(({ name }) => name === storeName)) return { refused: refusal('brandExists') };
  const id = next.brand++;
  const warehouseId = defaultWarehouseID === undefined ? undefined : String(defaultWarehouseID);
  brands.push({ id, name: storeName, ...(logo !== undefined && { logo }), ...(warehouseId && { warehouseId }) });
  return { body: { success: true, [world.switches.values.brandAnswer]: id }, effect: { id } };
};

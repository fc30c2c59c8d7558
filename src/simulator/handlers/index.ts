import { BridgeError } from '../../lib/errors.ts';
import { simulatorErrors } from '../errors.ts';
import { healthCheck, refreshToken } from './account.ts';
import type { Handlers } from './handler.ts';
import { createInventoryOrder } from './inventory-orders.ts';
import { getPickupLocationList } from './locations.ts';
import { orderDetails, orders } from './orders.ts';
import { getPackingOrders, updatePackingStatus } from './packing.ts';
import { createProduct, productList } from './products.ts';
import { checkGlobalStock, checkInventoryStock, updateStockQuantity } from './stock.ts';
import { deleteWebhook, getWebhook, postWebhook, putWebhook } from './webhooks.ts';

export const handlers: Handlers = {
  postWebhook,
  getWebhook,
  putWebhook,
  deleteWebhook,
  refreshToken,
  healthCheck,
  createProduct,
  productList,
  updateStockQuantity,
  checkInventoryStock,
  checkGlobalStock,
  createInventoryOrder,
  updatePackingStatus,
  getPackingOrders,
  getPickupLocationList,
  orders,
  orderDetails,
};

/** Types are stripped, not checked, when the sources run: a row without a handler must not wait for its first call to show. */
export function requireHandlers(names: readonly string[], found: Readonly<Record<string, unknown>>): void {
  const missing = names.filter((name) => typeof found[name] !== 'function');
  if (missing.length === 0) return;
  throw new BridgeError(simulatorErrors.SIMULATOR_NO_HANDLER, {
    message: `The simulator cannot serve ${missing.join(', ')}: the endpoints table has the row, src/simulator/handlers has no handler.`,
    hint: 'Write the handler and name it in src/simulator/handlers/index.ts.',
  });
}

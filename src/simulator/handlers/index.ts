import { BridgeError } from '../../lib/errors.ts';
import { simulatorErrors } from '../errors.ts';
import { healthCheck, refreshToken } from './account.ts';
import { addBox, getBox, updateBox } from './boxes.ts';
import { createBrand, getBrandList } from './brands.ts';
import { dcActivation, dcConfig, dcList, getDeliveryOptions } from './carriers.ts';
import { availableCities, availableTimeslots, checkCoverage, getCities } from './coverage.ts';
import {
  buyOTOCredit,
  buyShippingCredit,
  creditTransactions,
  getShippingPriceTransactionsList,
  shipmentTransactions,
} from './credit.ts';
import { assignDriver } from './drivers.ts';
import { checkDeliveryFee, checkOTODeliveryFee, getDeliveryEstimation, getDeliveryFee } from './fees.ts';
import type { Handlers } from './handler.ts';
import { createInventoryOrder } from './inventory-orders.ts';
import { createPickupLocation, getPickupLocationList, updatePickupLocation } from './locations.ts';
import { cancelOrder, createOrder, holdOrder, unHoldOrder, updateOrder, updateOrderStatus } from './order-writes.ts';
import { orderDetails, orders } from './orders.ts';
import { getPackingOrders, updatePackingStatus } from './packing.ts';
import { createProduct, productList } from './products.ts';
import { createReturnShipment, getReturnDetails, getReturnLink, triggerReturnSms } from './returns.ts';
import { cancelShipment, createShipment } from './shipments.ts';
import { checkGlobalStock, checkInventoryStock, updateStockQuantity } from './stock.ts';
import { orderHistory, orderStatus, print, trackShipment } from './tracking.ts';
import { getClientInfo, postClientInfo, register } from './vendors.ts';
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
  createOrder,
  updateOrder,
  updateOrderStatus,
  cancelOrder,
  holdOrder,
  unHoldOrder,
  createShipment,
  cancelShipment,
  createReturnShipment,
  getReturnLink,
  getReturnDetails,
  triggerReturnSms,
  print,
  orderStatus,
  orderHistory,
  trackShipment,
  buyOTOCredit,
  buyShippingCredit,
  creditTransactions,
  shipmentTransactions,
  getShippingPriceTransactionsList,
  checkOTODeliveryFee,
  checkDeliveryFee,
  getDeliveryFee,
  getDeliveryEstimation,
  checkCoverage,
  availableCities,
  availableTimeslots,
  getCities,
  dcList,
  dcConfig,
  dcActivation,
  getDeliveryOptions,
  createPickupLocation,
  updatePickupLocation,
  getBrandList,
  createBrand,
  addBox,
  updateBox,
  getBox,
  register,
  postClientInfo,
  getClientInfo,
  assignDriver,
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

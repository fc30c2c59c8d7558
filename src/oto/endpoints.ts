import type { z } from 'zod';
import { defineEndpoints, type Paging, read, write } from './row.ts';
import * as schemas from './schemas.ts';

export {
  defineEndpoints,
  type Endpoint,
  type EndpointRow,
  type Family,
  type LostAnswer,
  type Paging,
  type Plan,
} from './row.ts';

const productPages: Paging = {
  page: 'currentPage',
  size: 'pageSize',
  rows: 100,
  // `productCount` may be the total or the rows of the page: it ends nothing.
  read: (answer) => ({ rows: (answer as z.output<typeof schemas.productListResponse>).products }),
};
const orderPages: Paging = {
  page: 'page',
  size: 'perPage',
  rows: 100,
  read: (answer) => {
    const { orders, totalPage, totalCount } = answer as z.output<typeof schemas.ordersResponse>;
    return { rows: orders, pages: totalPage, total: totalCount };
  },
};

const everyPlan = 'all';
const withWarehouse = 'Starter and up with the WMS module; Scale and up in older documents';

/** Every OTO endpoint that the bridge itself calls; `api.ts` has all that OTO documents, and the simulator answers those. A new endpoint is a new row. */
export const endpoints = defineEndpoints({
  refreshToken: {
    method: 'POST',
    path: '/refreshToken',
    params: 'body',
    ...read,
    auth: false,
    family: 'account',
    plan: everyPlan,
    summary: 'Exchanges the permanent refresh token for an access token of about an hour.',
    confidential: true,
    request: schemas.refreshTokenRequest,
    response: schemas.refreshTokenResponse,
  },
  healthCheck: {
    method: 'GET',
    path: '/healthCheck',
    params: 'none',
    ...read,
    auth: false,
    family: 'account',
    plan: everyPlan,
    summary: 'Says whether OTO is up; needs no token.',
    request: schemas.nothing,
    response: schemas.healthCheckResponse,
  },
  createProduct: {
    method: 'POST',
    path: '/createProduct',
    params: 'body',
    ...write,
    lostAnswer: 'look',
    family: 'products',
    plan: everyPlan,
    summary: 'Creates one product. The same SKU again is refused; it is no update, and OTO has no update call.',
    request: schemas.createProductRequest,
    response: schemas.createProductResponse,
  },
  productList: {
    method: 'POST',
    path: '/productList',
    params: 'body',
    ...read,
    family: 'products',
    plan: everyPlan,
    summary: 'Lists products page by page, without filter; the end shows as a short or empty page.',
    request: schemas.productListRequest,
    response: schemas.productListResponse,
    paging: productPages,
  },
  updateStockQuantity: {
    method: 'POST',
    path: '/updateStockQuantity',
    params: 'body',
    ...write,
    lostAnswer: 'resend-if-unchanged',
    family: 'stock',
    plan: withWarehouse,
    summary: 'Sets or adjusts the quantity on hand of one SKU at one location.',
    request: schemas.updateStockQuantityRequest,
    response: schemas.updateStockQuantityResponse,
  },
  checkInventoryStock: {
    method: 'GET',
    path: '/checkInventoryStock',
    params: 'query',
    ...read,
    family: 'stock',
    plan: withWarehouse,
    summary: 'Quantities on hand and forecasted of the named SKUs at each location.',
    request: schemas.checkInventoryStockRequest,
    response: schemas.checkInventoryStockResponse,
  },
  checkGlobalStock: {
    method: 'GET',
    path: '/checkGlobalStock',
    params: 'query',
    ...read,
    family: 'stock',
    plan: withWarehouse,
    summary: 'Quantities of the named SKUs over all locations.',
    request: schemas.checkGlobalStockRequest,
    response: schemas.checkGlobalStockResponse,
  },
  createInventoryOrder: {
    method: 'POST',
    path: '/createInventoryOrder',
    params: 'body',
    ...write,
    lostAnswer: 'park',
    family: 'documents',
    plan: withWarehouse,
    summary: 'Creates an inbound (purchase) or outbound (disposal) order that warehouse staff then process.',
    request: schemas.createInventoryOrderRequest,
    response: schemas.createInventoryOrderResponse,
  },
  updatePackingStatus: {
    method: 'POST',
    path: '/updatePackingStatus',
    params: 'body',
    ...write,
    lostAnswer: 'resend-if-unchanged',
    family: 'packing',
    plan: withWarehouse,
    summary: 'Marks a whole order as picked or packed.',
    request: schemas.updatePackingStatusRequest,
    response: schemas.updatePackingStatusResponse,
  },
  getPackingOrders: {
    method: 'POST',
    path: '/getPackingOrders',
    params: 'body',
    ...read,
    family: 'packing',
    plan: withWarehouse,
    summary: 'Orders of one warehouse that wait to be picked or packed.',
    request: schemas.getPackingOrdersRequest,
    response: schemas.getPackingOrdersResponse,
  },
  getPickupLocationList: {
    method: 'GET',
    path: '/getPickupLocationList',
    params: 'query',
    ...read,
    family: 'locations',
    plan: everyPlan,
    summary: 'Warehouses and branches of the account with their codes.',
    request: schemas.getPickupLocationListRequest,
    response: schemas.getPickupLocationListResponse,
  },
  orders: {
    method: 'GET',
    path: '/orders',
    params: 'query',
    ...read,
    family: 'orders',
    plan: everyPlan,
    summary: 'Customer orders, page by page, filtered by date, status or location.',
    request: schemas.ordersRequest,
    response: schemas.ordersResponse,
    paging: orderPages,
  },
  orderDetails: {
    method: 'GET',
    path: '/orderDetails',
    params: 'query',
    ...read,
    family: 'orders',
    plan: everyPlan,
    summary: 'One customer order with the history of its status and of its packing.',
    request: schemas.orderDetailsRequest,
    response: schemas.orderDetailsResponse,
  },
});

export type Endpoints = typeof endpoints;
export type EndpointName = keyof Endpoints;

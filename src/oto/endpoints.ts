import type { z } from 'zod';
import * as schemas from './schemas.ts';

/** What a pause caused by a missing right or plan stops: the endpoints that OTO grants together. */
export type Family = 'account' | 'products' | 'stock' | 'documents' | 'packing' | 'locations' | 'orders';

/**
 * What the caller may do when a call got no trustworthy answer.
 * `repeat`: no effect, call again. `resend-if-unchanged`: read back, compare with the state before, then send again.
 * `look`: sending again answers what happened. `park`: nothing reads it back, a person decides.
 */
export type LostAnswer = 'repeat' | 'resend-if-unchanged' | 'look' | 'park';

export interface EndpointRow {
  readonly method: 'GET' | 'POST';
  /** Below the base URL. */
  readonly path: `/${string}`;
  /** Where the parameters go. `productList` and `getPackingOrders` are reads by POST. */
  readonly params: 'body' | 'query' | 'none';
  /** Whether the access token is sent. */
  readonly auth: boolean;
  readonly effect: 'read' | 'write';
  readonly lostAnswer: LostAnswer;
  readonly family: Family;
  /** OTO plan that includes it; OTO's documents disagree about the lowest one. */
  readonly plan: 'all' | 'Starter and up with the WMS module; Scale and up in older documents';
  readonly summary: string;
  readonly request: z.ZodType;
  readonly response: z.ZodType;
}

export type Endpoint<Row extends EndpointRow = EndpointRow, Name extends string = string> = Row & {
  readonly name: Name;
};

/** Names each row by its key, so that a row can be passed around alone. */
export function defineEndpoints<const Rows extends Readonly<Record<string, EndpointRow>>>(
  rows: Rows,
): { readonly [Name in keyof Rows & string]: Endpoint<Rows[Name], Name> } {
  const named = Object.entries(rows).map(([name, row]) => [name, Object.freeze({ name, ...row })] as const);
  return Object.freeze(Object.fromEntries(named)) as { [Name in keyof Rows & string]: Endpoint<Rows[Name], Name> };
}

const read = { effect: 'read', lostAnswer: 'repeat', auth: true } as const;
const write = { effect: 'write', auth: true } as const;
const everyPlan = 'all';
const withWarehouse = 'Starter and up with the WMS module; Scale and up in older documents';

/** Every OTO endpoint that the bridge calls. The client, the simulator and the documentation read this table; a new endpoint is a new row. */
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
/** What a caller gives. */
export type ParamsOf<Name extends EndpointName> = z.input<Endpoints[Name]['request']>;
/** What an accepted call returns. */
export type ResponseOf<Name extends EndpointName> = z.output<Endpoints[Name]['response']>;

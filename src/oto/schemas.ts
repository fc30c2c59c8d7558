import { z } from 'zod';
import { secret } from '../lib/secret.ts';
import {
  count,
  envelope,
  figure,
  idText,
  isoDay,
  looseList,
  looseText,
  positiveQuantity,
  price,
  requiredText,
  rowsBySku,
  wholeQuantity,
} from './fields.ts';

/**
 * Requests and answers of the endpoints that the bridge uses. Request schemas are strict: an unknown key is a slip of ours.
 * Answers are loose: a key that we do not know is kept, a missing optional one is no fault, and figures stay unknown when absent.
 */

export const nothing = z.strictObject({});

/** A schema of its own: the mark is on the schema, and `requiredText` is the schema of every code and key. */
const token = secret(z.string().min(1, 'is required'));

export const refreshTokenRequest = z.strictObject({ refresh_token: token });
export const refreshTokenResponse = z.looseObject({
  ...envelope,
  access_token: token,
  refresh_token: secret(z.string()).nullish(),
  token_type: looseText,
  /** Seconds. OTO sends text: `"3600"`. */
  expires_in: figure,
});

export const healthCheckResponse = z.looseObject({ status: z.literal('ok') });

export const createProductRequest = z.strictObject({
  sku: requiredText,
  productName: requiredText,
  price,
  taxAmount: price.optional(),
  brandId: z.union([z.string(), z.number()]).optional(),
  description: z.string().optional(),
  barcode: z.string().optional(),
  secondBarcode: z.string().optional(),
  productImage: z.string().optional(),
  imageLink: z.string().optional(),
  category: z.string().optional(),
  hsCode: z.string().optional(),
  itemOrigin: z.string().optional(),
  bundleItems: z.boolean().optional(),
  packagingMaterial: z.boolean().optional(),
  customAttributes: z
    .array(z.strictObject({ attributeName: requiredText, attributeValue: z.string().optional() }))
    .optional(),
});
export const createProductResponse = z.looseObject({ ...envelope, productId: idText.optional() });

export const productListRequest = z.strictObject({
  pageSize: count.optional(),
  /** From 1. */
  currentPage: count.optional(),
});
export const productListResponse = z.looseObject({
  ...envelope,
  /** The total, or the number of rows in this page: no document says which. */
  productCount: figure,
  products: z.array(z.looseObject({ sku: looseText, name: looseText, barcode: looseText, productImage: looseText })),
});

export const updateStockQuantityRequest = z.strictObject({
  actionType: z.enum(['set', 'adjust']),
  locationCode: requiredText,
  sku: requiredText,
  qty: wholeQuantity,
  inventoryType: z.string().optional(),
});
export const updateStockQuantityResponse = z.looseObject({ ...envelope, transactionID: idText.optional() });

export const checkInventoryStockRequest = z.strictObject({
  /** One SKU, or several joined by commas. */
  sku: requiredText,
  pickupLocationCode: requiredText.optional(),
});
export const stockEntry = z.looseObject({
  /** Missing on stock that is tied to no location. */
  pickupLocationCode: looseText,
  sku: looseText,
  quantityOnHand: figure,
  quantityForecasted: figure,
});
/** A SKU that is no key of `stock` is unknown, which is not 0. Look keys up with `Object.hasOwn`: a SKU may be called `constructor`. */
export const checkInventoryStockResponse = z.looseObject({ ...envelope, stock: rowsBySku(stockEntry) });

export const checkGlobalStockRequest = z.strictObject({ sku: requiredText });
export const globalStockEntry = z.looseObject({
  sku: looseText,
  quantityOnHand: figure,
  quantityForecasted: figure,
  minInventory: figure,
});
export const checkGlobalStockResponse = z.looseObject({ ...envelope, stock: rowsBySku(globalStockEntry) });

export const createInventoryOrderRequest = z.strictObject({
  action: z.enum(['inbound', 'outbound']),
  locationCode: requiredText,
  binLocationName: z.string().optional(),
  /** DD/MM/YYYY. A date that OTO cannot read is dropped with a warning, not refused. */
  orderDate: z.string().optional(),
  /** DD/MM/YYYY, as `orderDate`. */
  deliveryDate: z.string().optional(),
  waybillNumber: z.string().optional(),
  description: z.string().optional(),
  type: z.string().optional(),
  items: z.array(z.strictObject({ sku: requiredText, qty: positiveQuantity })).min(1),
});
export const createInventoryOrderResponse = z.looseObject({ ...envelope, otoId: idText.optional() });

export const updatePackingStatusRequest = z.strictObject({
  orderId: requiredText,
  packingStatus: z.enum(['picked', 'packed']),
});
export const updatePackingStatusResponse = z.looseObject({ ...envelope, message: looseText });

export const getPackingOrdersRequest = z.strictObject({ warehouseCode: requiredText });
export const getPackingOrdersResponse = z.looseObject({
  ...envelope,
  count: figure,
  orders: z.array(
    z.looseObject({
      orderId: idText,
      items: looseList(z.looseObject({ productId: looseText, name: looseText, quantity: figure, sku: looseText })),
    }),
  ),
});

export const getPickupLocationListRequest = z.strictObject({
  minDate: isoDay.optional(),
  maxDate: isoDay.optional(),
  status: z.enum(['active', 'inactive']).optional(),
  pickupLocationCode: requiredText.optional(),
});
const pickupLocation = z.looseObject({ id: idText.optional(), code: requiredText, name: looseText, city: looseText });
/** `warehouses` is required: without it a changed answer would read as an account that has no locations. */
export const getPickupLocationListResponse = z.looseObject({
  ...envelope,
  warehouses: z.array(pickupLocation),
  branches: looseList(pickupLocation),
});

export const ordersRequest = z.strictObject({
  /** Both are required (OTO1142), whatever the parameter table says. */
  perPage: count.refine((rows) => rows <= 100, 'must be at most 100'),
  page: count,
  minDate: isoDay.optional(),
  maxDate: isoDay.optional(),
  /** One status, or several joined by commas. */
  status: requiredText.optional(),
  modifiedDate: requiredText.optional(),
  customerPhone: requiredText.optional(),
  pickupLocationCode: requiredText.optional(),
});
const orderItem = z.looseObject({ sku: looseText, name: looseText, quantity: figure, productId: looseText });
export const ordersResponse = z.looseObject({
  ...envelope,
  perPage: figure,
  currentPage: figure,
  totalPage: figure,
  totalCount: figure,
  orders: z.array(
    z.looseObject({
      /** otoId. */
      id: looseText,
      orderId: looseText,
      status: looseText,
      packingStatus: looseText,
      pickupLocationCode: looseText,
      pickupLocation: looseText,
      items: looseList(orderItem),
      /** `yyyy-MM-dd HH:mm:ss`, in a time zone that no document names. */
      orderDate: looseText,
      modifiedDate: looseText,
    }),
  ),
});

export const orderDetailsRequest = z
  .strictObject({
    orderId: requiredText.optional(),
    otoId: requiredText.optional(),
    ref1: requiredText.optional(),
  })
  .refine((by) => by.orderId !== undefined || by.otoId !== undefined || by.ref1 !== undefined, {
    error: 'needs one of orderId, otoId, ref1',
  });
export const orderDetailsResponse = z.looseObject({
  ...envelope,
  /** otoId. */
  id: looseText,
  orderId: idText,
  status: looseText,
  /** The location's name; the code is not given here. */
  pickupLocation: looseText,
  items: looseList(orderItem),
  statusHistory: looseList(z.looseObject({ date: looseText, status: looseText, description: looseText })),
  /** `undefined`: older accounts show none, which is not the same as a history without steps. */
  packingStatusHistory: z
    .array(z.looseObject({ date: looseText, packingStatus: looseText, description: looseText }))
    .nullish()
    .transform((list) => list ?? undefined)
    .optional(),
});

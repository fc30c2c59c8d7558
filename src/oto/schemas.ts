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
  optional,
  positiveQuantity,
  price,
  required,
  requiredText,
  rowsBySku,
  wholeQuantity,
} from './fields.ts';

/**
 * Requests and answers of the endpoints that the bridge uses. Request schemas are strict: an unknown key is a slip of ours.
 * Answers are loose: a key that we do not know is kept, a missing optional one is no fault, and figures stay unknown when absent.
 * Sources: OTO's API pages; (2026) marks what stands in its collection of July 2026 only.
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
  sku: required(requiredText, 'Text. The same again is refused: OTO has no update.'),
  productName: required(requiredText, 'Text; missing: OTO1127.'),
  price: required(price, 'Decimal number, sent as text; a word is refused (OTO1009).'),
  taxAmount: optional(
    price,
    'Decimal number, sent as text. Optional in the table, while OTO1129 says that it is required.',
  ),
  brandId: optional(
    z.union([z.string(), z.number()]),
    'Id of a brand. Table: text; example: number. Unknown: OTO1100.',
  ),
  description: optional(z.string(), 'Text.'),
  barcode: optional(z.string(), 'Text.'),
  secondBarcode: optional(z.string(), 'Text.'),
  productImage: optional(z.string(), 'Text. Address of a picture.'),
  imageLink: optional(z.string(), 'Text. The same in some examples.'),
  category: optional(z.string(), 'Text.'),
  hsCode: optional(z.string(), 'Text. Customs tariff number.'),
  itemOrigin: optional(z.string(), 'Text. Country of origin (since October 2025).'),
  bundleItems: optional(z.boolean(), 'Yes or no (2026).'),
  packagingMaterial: optional(z.boolean(), 'Yes or no. In examples only.'),
  customAttributes: optional(
    z.array(
      z.strictObject({
        attributeName: required(requiredText, 'Text; missing: OTO1144.'),
        attributeValue: optional(z.string(), 'Text.'),
      }),
    ),
    'List.',
  ),
});
export const createProductResponse = z.looseObject({ ...envelope, productId: idText.optional() });

export const productListRequest = z.strictObject({
  pageSize: optional(count, 'Whole number; 100 by default. Rows of a page; the most is written nowhere.'),
  currentPage: optional(count, 'Whole number from 1, which is the default.'),
});
export const productListResponse = z.looseObject({
  ...envelope,
  /** The total, or the number of rows in this page: no document says which. */
  productCount: figure,
  products: z.array(z.looseObject({ sku: looseText, name: looseText, barcode: looseText, productImage: looseText })),
});

export const updateStockQuantityRequest = z.strictObject({
  actionType: required(
    z.enum(['set', 'adjust']),
    'Text: set replaces the quantity on hand, adjust adds to it; else: OTO1130.',
  ),
  locationCode: required(requiredText, 'Text. Code of a pickup location; unknown: OTO1133.'),
  sku: required(requiredText, 'Text; unknown: OTO1126.'),
  qty: required(wholeQuantity, 'Whole number of units, negative to deduct; else: OTO1132. The example sends text.'),
  inventoryType: optional(z.string(), 'Text (2026); onHand by default, other values are written nowhere.'),
});
export const updateStockQuantityResponse = z.looseObject({ ...envelope, transactionID: idText.optional() });

export const checkInventoryStockRequest = z.strictObject({
  sku: required(requiredText, 'Text. One SKU, or several joined by commas.'),
  pickupLocationCode: optional(requiredText, "Text (2026). One location's stock."),
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

export const checkGlobalStockRequest = z.strictObject({
  sku: required(requiredText, 'Text. One SKU, or several joined by commas.'),
});
export const globalStockEntry = z.looseObject({
  sku: looseText,
  quantityOnHand: figure,
  quantityForecasted: figure,
  minInventory: figure,
});
export const checkGlobalStockResponse = z.looseObject({ ...envelope, stock: rowsBySku(globalStockEntry) });

export const createInventoryOrderRequest = z.strictObject({
  action: required(z.enum(['inbound', 'outbound']), 'Text: inbound is a purchase, outbound a disposal; else: OTO1136.'),
  locationCode: required(requiredText, 'Text. Code of a warehouse or branch; unknown: OTO1133.'),
  binLocationName: optional(z.string(), 'Text. Name of a bin; unknown: OTO1137.'),
  orderDate: optional(
    z.string(),
    'Day as dd/MM/yyyy. One that OTO cannot read is dropped with a warning, not refused.',
  ),
  deliveryDate: optional(z.string(), 'Day as dd/MM/yyyy, as orderDate.'),
  waybillNumber: optional(z.string(), 'Text.'),
  description: optional(z.string(), 'Text.'),
  type: optional(z.string(), 'Text (2026); its values are written nowhere.'),
  items: required(
    z
      .array(
        z.strictObject({
          sku: required(requiredText, 'Text. A SKU that OTO has.'),
          qty: required(positiveQuantity, 'Whole number of units above 0; examples send text.'),
        }),
      )
      .min(1),
    'List. Optional in the table, where an order without any would be empty.',
  ),
});
export const createInventoryOrderResponse = z.looseObject({ ...envelope, otoId: idText.optional() });

export const updatePackingStatusRequest = z.strictObject({
  orderId: required(requiredText, 'Text; unknown: OTO1002.'),
  packingStatus: required(z.enum(['picked', 'packed']), 'Text; missing: OTO1131.'),
});
export const updatePackingStatusResponse = z.looseObject({ ...envelope, message: looseText });

export const getPackingOrdersRequest = z.strictObject({
  warehouseCode: required(requiredText, 'Text. Code of a pickup location that is a warehouse.'),
});
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
  minDate: optional(isoDay, 'Day as yyyy-mm-dd. First day of creation.'),
  maxDate: optional(isoDay, 'Day as yyyy-mm-dd. Last day of creation.'),
  status: optional(z.enum(['active', 'inactive']), 'Text.'),
  pickupLocationCode: optional(requiredText, 'Text (2026). One location.'),
});
const pickupLocation = z.looseObject({ id: idText.optional(), code: requiredText, name: looseText, city: looseText });
/** `warehouses` is required: without it a changed answer would read as an account that has no locations. */
export const getPickupLocationListResponse = z.looseObject({
  ...envelope,
  warehouses: z.array(pickupLocation),
  branches: looseList(pickupLocation),
});

export const ordersRequest = z.strictObject({
  // OTO1142 where they are missing, whatever the parameter table says.
  perPage: required(
    count.refine((rows) => rows <= 100, 'must be at most 100'),
    'Whole number from 1 to 100, required. Rows of a page.',
  ),
  page: required(count, 'Whole number from 1, required.'),
  minDate: optional(isoDay, 'Day as yyyy-mm-dd. First day of creation.'),
  maxDate: optional(isoDay, 'Day as yyyy-mm-dd. Last day of creation.'),
  status: optional(requiredText, 'Text. One status, or several joined by commas.'),
  modifiedDate: optional(requiredText, 'Text (2026). Its form is written nowhere; a wrong one: OTO1191.'),
  customerPhone: optional(requiredText, 'Text (2026).'),
  pickupLocationCode: optional(requiredText, 'Text. In an example only.'),
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
    orderId: optional(requiredText, 'Text. Id of the order in the shop; this, otoId or ref1.'),
    otoId: optional(requiredText, 'Text (2026). Id of the order at OTO.'),
    ref1: optional(requiredText, 'Text (2026). Reference of the order.'),
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

import { z } from 'zod';
import { decimal, flag, givenId, optional, required, requiredText, wholeQuantity } from '../fields.ts';

/**
 * What an order is made of. Sources: OTO's API pages and its article on createOrder; fields marked (2026) stand in its collection of
 * July 2026 only. Where that one no longer requires a field which the pages require, the field is optional here and says so.
 */

const text = z.string();

export const customer = z.strictObject({
  name: required(requiredText, 'Text. Full name; missing: OTO1029.'),
  mobile: required(requiredText, 'Text. Mobile number; missing: OTO1030.'),
  address: required(requiredText, 'Text. Street address; missing: OTO1021.'),
  city: required(requiredText, 'Text; missing: OTO1022.'),
  country: required(requiredText, 'Text. Code such as SA; the table also names EG, UAE, BHR, KWT.'),
  email: optional(text, 'Text.'),
  district: optional(text, 'Text.'),
  state: optional(text, 'Text.'),
  shortAddressCode: optional(text, 'Text. Saudi national address: four letters and four digits, such as RAGI2929.'),
  postcode: optional(text, 'Text.'),
  street: optional(text, 'Text.'),
  lat: optional(decimal, 'Number. Latitude in degrees; examples send text.'),
  lon: optional(decimal, 'Number. Longitude in degrees; examples send text.'),
  refID: optional(text, "Text. The shop's id of the customer."),
  W3WAddress: optional(text, 'Text. Address in three words (what3words).'),
  buildingNo: optional(text, 'Text (2026).'),
  secondaryAddressNumber: optional(text, 'Text (2026).'),
  consigneeId: optional(text, 'Text (2026).'),
  frontSideIDCard: optional(text, 'Text (2026). Address of a picture.'),
  backSideIDCard: optional(text, 'Text (2026). Address of a picture.'),
});

export const senderInformation = z.strictObject({
  senderId: optional(givenId, 'Text. Required (2025); optional (2026).'),
  senderFullName: required(requiredText, 'Text; missing: OTO1016.'),
  senderMobile: required(requiredText, 'Text.'),
  senderCountry: required(requiredText, 'Text. ISO 3166 code of two letters.'),
  senderCity: required(requiredText, 'Text.'),
  senderAddressLine: required(requiredText, 'Text. Address in detail.'),
  senderAddressName: optional(text, 'Text.'),
  senderEmail: optional(text, 'Text.'),
  senderState: optional(text, 'Text.'),
  senderDistrict: optional(text, 'Text.'),
  senderPostcode: optional(text, 'Text.'),
  lat: optional(decimal, 'Number. Latitude; without it an order may be assigned to no pickup location by itself.'),
  lon: optional(decimal, 'Number. Longitude, as lat.'),
  senderShortAddressCode: optional(text, 'Text (2026).'),
  senderBuildingNo: optional(text, 'Text (2026).'),
  senderSecondaryAddressNumber: optional(text, 'Text (2026).'),
  senderStreet: optional(text, 'Text (2026).'),
});

const dimensions = z.strictObject({
  width: required(decimal, 'Number, centimetres.'),
  length: required(decimal, 'Number, centimetres.'),
  height: required(decimal, 'Number, centimetres.'),
  weight: optional(decimal, 'Number, kilograms.'),
});

const box = z.strictObject({
  boxId: optional(givenId, 'Text. Twice the same: OTO1209.'),
  boxName: optional(text, 'Text. Name of a box made with addBox; unknown: OTO1073.'),
  weight: optional(decimal, 'Number above 0, kilograms (OTO1196).'),
  dimensions: optional(dimensions, 'Object.'),
  items: optional(
    z.array(z.strictObject({ sku: requiredText, quantity: optional(decimal, 'Number.') })),
    'List of what is in the box.',
  ),
});

const itemLocation = z.strictObject({
  pickupLocationCode: required(requiredText, 'Text. Unknown: OTO1071.'),
  quantity: required(decimal, 'Number. Units that this location sends.'),
  box: optional(box, 'Object.'),
});

export const orderItem = z.strictObject({
  quantity: required(decimal, 'Number. Units bought.'),
  name: optional(text, 'Text. Required (2025); optional (2026).'),
  price: optional(decimal, 'Number. Price of a unit in the currency of the order. Required (2025); optional (2026).'),
  sku: optional(requiredText, 'Text. Required (2025); optional (2026).'),
  productId: optional(givenId, 'Whole number. Id of the product at OTO.'),
  rowTotal: optional(decimal, 'Number. Amount of the line.'),
  taxAmount: optional(decimal, 'Number. Tax of the line.'),
  serialnumber: optional(text, 'Text.'),
  image: optional(text, 'Text. Address of a picture.'),
  hsCode: optional(text, 'Text. Customs tariff number.'),
  itemOrigin: optional(text, 'Text. Country of origin.'),
  currency: optional(text, 'Text (2026).'),
  discountAmount: optional(decimal, 'Number (2026).'),
  metadata: optional(z.unknown(), 'Anything (2026).'),
  pickupLocation: optional(z.array(itemLocation), 'List. Splits the order over locations.'),
});

/** What createOrder and updateOrder take besides the id. */
export const orderFields = {
  parentOrderId: optional(text, 'Text. Id of the order that was split.'),
  ref1: optional(text, 'Text. Reference.'),
  ref2: optional(text, 'Text (2026). Reference.'),
  ref3: optional(text, 'Text (2026). Reference.'),
  pickupLocationCode: optional(
    requiredText,
    'Text. Without it OTO assigns a location. Required with serviceType pickupFromStore; one document also requires it with createShipment.',
  ),
  destinationLocationCode: optional(
    requiredText,
    'Text (2026). Transfer to a location, in place of customer (OTO1208).',
  ),
  createShipment: optional(flag, 'Yes or no; the example sends text. Creates a shipment at once.'),
  serviceType: optional(z.literal('pickupFromStore'), 'Text. The customer collects the order.'),
  forReverseShipment: optional(flag, 'Yes or no. The order can be sent back without having been sent.'),
  deliveryOptionId: optional(givenId, 'Text or whole number. Delivery option that the shipment is tried with.'),
  storeName: optional(text, 'Text.'),
  pickingType: optional(z.enum(['PICKUP_BY_DC', 'BRANCH_DROP_OFF']), 'Text. Who brings the parcel to the carrier.'),
  payment_method: optional(z.enum(['cod', 'paid']), 'Text. Required (2025); optional (2026).'),
  amount: optional(decimal, 'Number. Value of the order in its currency.'),
  amount_due: optional(decimal, 'Number. What is left to pay: 0 when paid, else amount.'),
  currency: optional(requiredText, 'Text. ISO 4217 code.'),
  shippingAmount: optional(decimal, 'Number.'),
  shippingAmountWithTax: optional(decimal, 'Number (2026).'),
  shippingDiscount: optional(decimal, 'Number (2026).'),
  discountAmount: optional(decimal, 'Number (2026).'),
  subtotal: optional(decimal, 'Number.'),
  shippingNotes: optional(text, 'Text of the customer to the carrier.'),
  shippingMethod: optional(text, 'Text (2026).'),
  packageSize: optional(text, 'Text. Largest size, such as small.'),
  packageCount: optional(wholeQuantity, 'Whole number. Parcels.'),
  packageWeight: optional(decimal, 'Number, kilograms.'),
  boxWidth: optional(decimal, "Number, centimetres; OTO's own rates need it."),
  boxLength: optional(decimal, "Number, centimetres; OTO's own rates need it."),
  boxHeight: optional(decimal, "Number, centimetres; OTO's own rates need it."),
  boxes: optional(
    z.array(box).max(10),
    'List of at most 10 (OTO1194) (2026). Counts and weights agree with the order.',
  ),
  deliverySlotDate: optional(text, 'Day as dd/MM/yyyy.'),
  deliverySlotFrom: optional(text, 'Text such as 2:30pm.'),
  deliverySlotTo: optional(text, 'Text such as 12pm.'),
  orderDate: optional(text, 'Moment as dd/MM/yyyy HH:mm.'),
  senderName: optional(text, 'Text.'),
  senderInformation: optional(senderInformation, 'Object, in place of pickupLocationCode.'),
  customer: optional(customer, 'Object. Required, except with destinationLocationCode (2026).'),
  items: optional(z.array(orderItem).min(1), 'List. Required, except with item_description (2026).'),
  item_description: optional(requiredText, 'Text (2026), in place of items.'),
  couponCode: optional(text, 'Text.'),
  codFee: optional(decimal, 'Number.'),
  brandId: optional(givenId, 'Whole number. Id of a brand; unknown: OTO1100.'),
  whoPays: optional(z.enum(['marketplacePaysDeliveryFee', 'sellerPaysDeliveryFee']), 'Text. Else: OTO1106.'),
  customsValue: optional(decimal, 'Number; examples send text.'),
  customsCurrency: optional(text, 'Text. ISO 4217 code.'),
  commercialInvoice: optional(text, 'Text (2026).'),
  orderPriority: optional(z.unknown(), 'Puts the order on top of the packing list (2026).'),
  language: optional(text, 'Text (2026).'),
  entityId: optional(givenId, 'Text (2026).'),
  sourceId: optional(givenId, 'Text (2026).'),
  metadata: optional(z.unknown(), 'Anything (2026).'),
} as const;

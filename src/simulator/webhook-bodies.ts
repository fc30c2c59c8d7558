import { DateTime } from 'luxon';
import { signWebhook, type WebhookType } from '../oto/webhook-signature.ts';
import type { ShipmentFailure } from './events.ts';
import type { CustomerOrder } from './order-record.ts';
import type { World } from './state.ts';
import type { Webhook } from './webhook-book.ts';

type Body = Record<string, unknown>;

/** What each type tells, without time and signature. */
export const bodies = {
  orderStatus: (world: World, order: CustomerOrder, status: string, note: string): Body => ({
    orderId: order.orderId,
    otoId: String(order.id),
    status,
    dcStatus: '',
    note,
    pickupLocationCode: order.location,
    driverName: '',
    driverPhone: '',
    driverEmail: '',
    driverId: '',
    printAWBURL: '',
    trackingNumber: order.shipment?.id ?? '',
    trackingUrl: '',
    deliveryCompany: order.shipment?.carrier ?? '',
    brandId: null,
    returnStatus: '',
    pickupLocationName: world.state.locations.get(order.location)?.name ?? null,
  }),

  shipmentError: ({ order, errorCode, errorMessage, deliveryCompany }: Omit<ShipmentFailure, 'at'>): Body => ({
    orderId: order.orderId,
    errorMessage,
    deliveryCompanyResponse: errorMessage,
    errorCode,
    deliveryCompany,
  }),

  newOrders: ({ state }: World, order: CustomerOrder): Body => {
    const place = state.locations.get(order.location);
    const total = order.items.reduce((sum, { price, quantity }) => sum + price * quantity, 0);
    return {
      order: {
        warehouseId: place?.kind === 'warehouse' ? place.id : null,
        branchId: place?.kind === 'branch' ? place.id : null,
        grandTotal: total,
        otoId: order.id,
        paymentMethod: 'paid',
        weight: 1,
        currency: 'SAR',
        incrementId: order.orderId,
        salesChannel: 'OTO API',
        brand: null,
        codFee: 0,
        items: order.items.map(({ sku, quantity, name, productId }, index) => ({
          itemId: index + 1,
          qtyOrdered: quantity,
          sku,
          qtyReturned: null,
          productId: String(productId ?? ''),
          productName: name,
          itemType: 'simple',
        })),
        status: order.status,
      },
    };
  },

  walletTransaction: (order: CustomerOrder, amount: number): Body => ({
    id: order.id,
    otoId: order.id,
    orderId: order.orderId,
    shipmentId: order.shipment?.id ?? null,
    amount,
    transactionStatus: 'completed',
    transactionType: 'wallet',
    chargeType: amount < 0 ? 'charge' : 'refund',
    description: amount < 0 ? 'Shipment fee' : 'Refund of a shipment fee',
    pickupLocationCode: order.location,
  }),
} as const;

/** Types whose time is a number, where no format was asked for. */
const numbered: readonly WebhookType[] = ['newOrders', 'walletTransaction'];

/** The body as this webhook gets it: prefix off, time in its format, signed as the switches say where it has a key. */
export function dressed({ switches }: World, webhook: Webhook, plain: Body, at: number): Body {
  const { webhookType: type, orderPrefix = '', timestampFormat, secretKey } = webhook;
  const { newOrdersSigns, shipmentErrorSigns } = switches.values;
  const bare = (id: unknown): unknown =>
    typeof id === 'string' && orderPrefix !== '' && id.startsWith(orderPrefix) ? id.slice(orderPrefix.length) : id;
  const ms = Math.floor(at);
  const written =
    timestampFormat === undefined || timestampFormat === ''
      ? numbered.includes(type)
        ? ms
        : String(ms)
      : DateTime.fromMillis(ms, { zone: 'utc' }).toFormat(timestampFormat);
  const body: Body = { ...plain, timestamp: written };
  if (type === 'newOrders') {
    const order = body.order as Body;
    body.order = { ...order, incrementId: bare(order.incrementId) };
    if (newOrdersSigns === 'documented')
      Object.assign(body, { orderId: bare(order.incrementId), status: order.status });
  } else body.orderId = bare(body.orderId);
  if (type === 'shipmentError' && shipmentErrorSigns === 'status') body.status = 'shipmentFailed';
  if (secretKey === undefined || secretKey === '' || (type === 'newOrders' && newOrdersSigns === 'none')) return body;
  const variants: Partial<Record<WebhookType, string>> = {
    newOrders: newOrdersSigns,
    shipmentError: shipmentErrorSigns,
  };
  return { ...body, signature: signWebhook(type, body, secretKey, variants[type]) };
}

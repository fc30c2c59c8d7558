import type { Transaction } from '../account.ts';
import { orderTime } from '../order-time.ts';
import { refusal } from '../refusals.ts';
import { asReverse } from '../shipments.ts';
import type { World } from '../state.ts';
import type { Call, Handler, Outcome } from './handler.ts';

/** SAR. */
const leastPayment = 1;

function buy({ world }: Call, kind: 'oto' | 'shipping', given: number | string): Outcome {
  const amount = Number(given);
  if (amount < leastPayment) return { refused: refusal('smallAmount') };
  const id = world.state.next.payment++;
  world.state.account.content.payments.push({ id, kind, amount, paid: false });
  return { body: { success: true, paymentURL: `https://payments.example.com/${id}` }, effect: { id } };
}

export const buyOTOCredit: Handler<'buyOTOCredit'> = ({ amount }, call) => buy(call, 'oto', amount);
export const buyShippingCredit: Handler<'buyShippingCredit'> = ({ amount }, call) => buy(call, 'shipping', amount);

interface Asked {
  readonly perPage?: number | undefined;
  readonly page?: number | undefined;
  readonly minDate?: string | undefined;
  readonly maxDate?: string | undefined;
}

/** Rows of the asked days, and of them the asked page. */
function pageOf<Row>(
  { perPage = 100, page = 1, minDate, maxDate }: Asked,
  rows: readonly Row[],
  at: (row: Row) => string,
) {
  const within = rows.filter((row) => {
    const day = at(row).slice(0, 10);
    return (minDate === undefined || day >= minDate) && (maxDate === undefined || day <= maxDate);
  });
  return within.slice((page - 1) * perPage, page * perPage);
}

/** One order's rows are all rows of it, whatever the days. */
function daysOf<Params extends Asked & { readonly orderId?: unknown }>(params: Params): Asked {
  const { perPage, page } = params;
  return params.orderId === undefined ? params : { perPage, page };
}

export const creditTransactions: Handler<'creditTransactions'> = (params, { world }) => {
  const { creditList, orderTimezone: zone } = world.switches.values;
  const { transactions } = world.state.account.content;
  const asked = params.orderId;
  const found = transactions.filter(({ orderId }) => asked === undefined || orderId === String(asked));
  const rows = pageOf(daysOf(params), found, ({ at }) => orderTime(at, zone)).map((one) => ({
    ID: one.id,
    orderID: one.orderId,
    otoOrderID: one.otoId,
    shipmentID: one.shipmentId,
    transactionType: one.kind === 'charge' ? 'withdraw' : 'deposit',
    amount: one.amount,
    remainingAmount: one.remaining,
    deliveryCompanyName: one.carrier,
    deliveryCompanySettingsId: one.deliveryOptionId,
    description: one.description,
    langKey: one.kind,
    transactionDate: orderTime(one.at, zone),
    orderPaymentType: 'paid',
    shipmentType: one.shipmentType,
    chargingType: one.kind,
    status: 'completed',
  }));
  return { body: { success: true, [creditList]: rows } };
};

export const shipmentTransactions: Handler<'shipmentTransactions'> = (params, { world }) => {
  const { orderId, shipmentNumber } = params;
  const zone = world.switches.values.orderTimezone;
  if (orderId !== undefined && !world.state.orders.has(String(orderId))) {
    // As captured: with HTTP 200.
    return { refused: { ...refusal('orderUnknown'), old: 4, status: 200 } };
  }
  const found = [...world.state.orders.values()].flatMap((order) => {
    const { shipment } = order;
    if (shipment === undefined || (orderId !== undefined && order.orderId !== String(orderId))) return [];
    return shipmentNumber === undefined || shipment.id === String(shipmentNumber) ? [{ order, shipment }] : [];
  });
  const days = daysOf({ ...params, orderId: orderId ?? shipmentNumber });
  const shipments = pageOf(days, found, ({ shipment }) => orderTime(shipment.createdAt, zone));
  return {
    body: {
      success: true,
      shipments: shipments.map(({ order, shipment }) => ({
        shipmentNumber: shipment.id,
        orderId: order.orderId,
        shipmentCreationDate: orderTime(shipment.createdAt, zone).replace(' ', 'T'),
        deliveryCompanyName: shipment.carrier,
        dcConnectionName: optionName(world, shipment.deliveryOptionId),
        shipmentType: asReverse(order) ? 'Reverse Shipment' : 'Forward Shipment',
        dcCharge: shipment.fee,
        currency: 'SAR',
        originalWeight: shipment.weight,
        dcUpdatedWeight: shipment.weight,
        status: shipment.canceled ? 'canceled' : order.status,
        dcInvoiceNumber: `INV-${shipment.id}`,
      })),
    },
  };
};

function optionName({ state }: World, id: number): string {
  return state.account.content.contracts.find((one) => one.id === id)?.name ?? 'OTO';
}

export const getShippingPriceTransactionsList: Handler<'getShippingPriceTransactionsList'> = (params, { world }) => {
  const fits = (one: Transaction): boolean =>
    (params.orderId === undefined || one.orderId === String(params.orderId)) &&
    (params.shipmentId === undefined || one.shipmentId === String(params.shipmentId));
  const rows = world.state.account.content.transactions.filter(fits).map((one) => ({
    ID: one.id,
    amount: one.amount,
    orderID: one.orderId,
    otoOrderID: one.otoId,
    shipmentID: one.shipmentId,
    description: one.description,
    orderStatus: world.state.orders.get(one.orderId ?? '')?.status,
    transactionDate: orderTime(one.at, world.switches.values.orderTimezone),
    deliveryName: one.carrier,
    transaction: one.kind,
    status: 'completed',
  }));
  return { body: { success: true, count: rows.length, shippingTransactions: rows } };
};

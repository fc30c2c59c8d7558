import { choice, flag, number } from './switch-kinds.ts';

const silent = "OTO's documents on webhooks: they do not say";

/** Switches of webhooks: what they send, and how. */
export const webhookSwitches = {
  webhookAuthorization: choice('bare', silent, 'How does authorizationKey stand in the header of a delivery?', {
    bare: 'alone',
    bearer: 'behind the word Bearer',
  }),
  shipmentErrorSigns: choice(
    'errorCode',
    "OTO's documents on webhooks: they contradict each other, and a public client does it in a third way",
    'Which fields does the signature of shipmentError cover?',
    {
      errorCode: 'orderId, errorCode, timestamp: the API pages and the collection of 2025',
      status: 'orderId, status, timestamp: the collection of 2026',
      empty: 'orderId, nothing, timestamp: what a public client checks',
    },
  ),
  newOrdersSigns: choice(
    'nested',
    "OTO's documents on webhooks: they name fields that its own example does not have",
    'Which fields does the signature of newOrders cover?',
    {
      nested: 'order.incrementId, order.status, timestamp: what a public client checks',
      documented: 'orderId, status, timestamp, which then stand in the body',
      none: 'there is no signature: the example of 2026 has none',
    },
  ),
  newOrdersAt: choice('assignedToWarehouse', silent, 'When is newOrders sent?', {
    assignedToWarehouse: 'when the order becomes ready for packing, as the status in the example suggests',
    new: 'when the order comes in',
  }),
  packingTold: flag(true, silent, 'Is orderStatus sent when an order becomes picked or packed?', {
    true: 'yes: it is documented for every change of status',
    false: 'no',
  }),
  webhookListsType: flag(
    false,
    "OTO's documents on webhooks: the example of the list lacks it",
    'Does the list of webhooks say of what type each is?',
    { true: 'yes', false: 'no' },
  ),
  deliveriesAgain: number(0, silent, 'How often is a delivery sent again although it was taken?', 'so many times', 0),
  deliveryRetries: number(
    3,
    silent,
    'How often is a delivery repeated that was not taken?',
    'so many times, each after twice the time',
    0,
  ),
  deliveryDelayMs: number(0, silent, 'How long after the change does a delivery come?', 'so many milliseconds', 0),
  deliveryOrder: choice('kept', silent, 'In which order do deliveries come?', {
    kept: 'that of the changes',
    reversed: 'what changed within a tenth of a second comes the other way round',
  }),
};

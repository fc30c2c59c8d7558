import { choice, flag } from './switch-kinds.ts';

/** Switches of orders, shipments, returns and what else an account holds. The flows of the bridge call none of these endpoints. */
export const orderSwitches = {
  plan: choice(
    'enterprise',
    "OTO's documents on plans: those of 2025 and 2026 differ, and the most generous is taken here",
    'Which plan does the account have?',
    {
      enterprise: 'every endpoint',
      scale: 'not those of Enterprise and of marketplaces; no branches (OTO1167)',
      starter: 'nor those of Scale and up',
      free: 'nor those of Starter and up; what a plan lacks is refused with HTTP 403 and OTO1150, of which no document names the status',
    },
  ),
  repeatedOrder: choice(
    'update',
    "OTO's documents on order endpoints: examples of 2025 show an update, the error table has a code for it",
    'What does createOrder do with an orderId that exists?',
    {
      update: 'changes the order while its status allows it, and answers success with a warning',
      refuse: 'HTTP 400, OTO1063',
    },
  ),
  lateRepeat: choice(
    'contradicts',
    "OTO's documents on order endpoints: an example of 2025 says success and an error at once, the error table has a code for it",
    'What does createOrder answer for an order that can no longer be changed?',
    {
      contradicts: 'HTTP 200, success:true and errorCode 5 in one answer; only the references change',
      refuse: 'HTTP 400, OTO1067',
    },
  ),
  pickedUpNeedsShipment: flag(
    true,
    "OTO's documents on order endpoints: newer ones say so, older ones do not",
    'Does updateOrderStatus need a shipment for pickedUp?',
    {
      true: 'yes: OTO1103 without one',
      false: 'no',
    },
  ),
  shipmentOutcome: choice(
    'created',
    "OTO's documents on shipments: they say only that the answer comes before the shipment",
    'What becomes of a shipment that was asked for?',
    {
      created: 'it is there at once',
      waits: 'it is there when the simulator is told so (POST /_simulator/orders/ID/shipment)',
      fails: 'there is none; the webhook shipmentError tells it',
    },
  ),
  returnOrder: choice('own', "OTO's documents on returns: they contradict each other", 'What is a return?', {
    own: 'an order of its own, with -R1, -R2 at the end of its id, as since 2026',
    original: 'statuses of the order itself, as in 2025',
  }),
  returnedGoods: choice(
    'back',
    "OTO's documents on returns and help centre on inventory: they do not say",
    'What does the confirmation of returned goods do to on hand?',
    {
      back: 'it rises by them, at the location that they came back to',
      apart: 'nothing: somebody books them in',
    },
  ),
  duplicateLocation: choice(
    'success',
    "OTO's documents on pickup locations: they contradict each other",
    'What does createPickupLocation answer for a code that exists?',
    {
      success: 'HTTP 200, success:true and a text, as captured in 2025',
      refuse: 'HTTP 200, success:false and OTO1070, as in 2026',
    },
  ),
  brandAnswer: choice(
    'clientStoreId',
    "OTO's documents on brands: they contradict each other",
    'Under which name does createBrand answer the id?',
    {
      clientStoreId: 'clientStoreId, as in the collections',
      storeId: 'storeId, as on the API pages',
    },
  ),
  creditList: choice(
    'transactions',
    "OTO's documents on transactions: the text and the captures contradict each other",
    'Under which name does creditTransactions answer its rows?',
    {
      transactions: 'transactions, as in captures',
      orders: 'orders, as in the text',
    },
  ),
  clientCredit: choice(
    'two',
    "OTO's documents on accounts: those of 2025 and 2026 differ",
    'How does clientInfo answer what credit is left?',
    {
      two: 'remainingOTOCredit and remainingShippingCredit, as in 2025',
      one: 'remainingCredit, as in 2026',
    },
  ),
  carrierListMethod: choice(
    'both',
    "OTO's documents on carriers: the pages name POST, an example and a guide use GET",
    'With which method is dcList called?',
    {
      both: 'POST and GET',
      post: 'POST only; GET gives an empty 403',
    },
  ),
};

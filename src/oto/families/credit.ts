import { z } from 'zod';
import { count, decimal, envelope, figure, givenId, isoDay, looseText, optional, required } from '../fields.ts';
import { get, type Paging, post, read, write } from '../row.ts';

/** Credit of the account and what was charged to it. Sources: OTO's API pages; answers from its collection of March 2025. */

export const buyCreditRequest = z.strictObject({
  amount: required(decimal, 'Number. Credit to buy, such as 13.5. Under the minimum: OTO1155.'),
});
export const buyCreditResponse = z.looseObject({
  ...envelope,
  /** Page on which a person pays; nothing is charged before. */
  paymentURL: looseText,
});

const page = {
  perPage: optional(
    count.refine((rows) => rows <= 100, 'must be at most 100'),
    'Whole number from 1 to 100. Rows of a page.',
  ),
  page: optional(count, 'Whole number from 1.'),
  minDate: optional(isoDay, 'Day as yyyy-mm-dd. First day of the transactions.'),
  maxDate: optional(isoDay, 'Day as yyyy-mm-dd. Last day of the transactions.'),
  orderId: optional(givenId, 'Text. The transactions of one order; then no days are needed.'),
};

type Days = { minDate?: unknown; maxDate?: unknown; orderId?: unknown; shipmentNumber?: unknown };
const hasDays = (by: Days): boolean =>
  by.orderId !== undefined || by.shipmentNumber !== undefined || (by.minDate !== undefined && by.maxDate !== undefined);

export const creditTransactionsRequest = z
  .strictObject({
    ...page,
    // OTO1142 where they are missing.
    perPage: required(page.perPage.unwrap(), 'Whole number from 1 to 100, required. Rows of a page.'),
    page: required(count, 'Whole number from 1, required.'),
  })
  .refine(hasDays, { error: 'needs minDate and maxDate, or orderId' });
const creditTransaction = z.looseObject({
  ID: looseText,
  orderID: looseText,
  orderId: looseText,
  otoOrderID: looseText,
  otoOrderId: looseText,
  shipmentID: looseText,
  transactionType: looseText,
  amount: figure,
  remainingAmount: figure,
  deliveryCompanyName: looseText,
  description: looseText,
  transactionDate: looseText,
  orderPaymentType: looseText,
  /** `charge`, `additionalCharge`, `refund` or `partialRefund`; captures call it `chargingType`. */
  chargeType: looseText,
  chargingType: looseText,
  /** `forward`, `return` or `reverse`. */
  shipmentType: looseText,
  status: looseText,
});
/** OTO's text calls the list `orders`, its captures `transactions`. Without either, a changed answer would read as an account without any. */
export const creditTransactionsResponse = z
  .looseObject({
    ...envelope,
    transactions: z.array(creditTransaction).optional(),
    orders: z.array(creditTransaction).optional(),
  })
  .refine(({ transactions, orders }) => transactions !== undefined || orders !== undefined, {
    error: 'has neither transactions nor orders',
  });

export const shipmentTransactionsRequest = z
  .strictObject({
    ...page,
    shipmentNumber: optional(givenId, 'Text. The transactions of one shipment; then no days are needed.'),
  })
  .refine(hasDays, { error: 'needs minDate and maxDate, or orderId, or shipmentNumber' });
export const shipmentTransactionsResponse = z.looseObject({
  ...envelope,
  shipments: z.array(
    z.looseObject({
      shipmentNumber: looseText,
      orderId: looseText,
      /** `yyyy-MM-ddTHH:mm:ss`, without a zone. */
      shipmentCreationDate: looseText,
      deliveryCompanyName: looseText,
      dcConnectionName: looseText,
      shipmentType: looseText,
      dcCharge: figure,
      currency: looseText,
      /** Kilograms. */
      originalWeight: figure,
      /** Kilograms, as the carrier weighed it. */
      dcUpdatedWeight: figure,
      status: looseText,
      dcInvoiceNumber: looseText,
    }),
  ),
});

export const shippingPriceTransactionsRequest = z
  .strictObject({
    orderId: optional(givenId, 'Text. Table: required; text and examples: this or shipmentId.'),
    shipmentId: optional(givenId, 'Text. Table: required; text and examples: this or orderId.'),
  })
  .refine((by) => by.orderId !== undefined || by.shipmentId !== undefined, { error: 'needs orderId or shipmentId' });
export const shippingPriceTransactionsResponse = z.looseObject({
  ...envelope,
  count: figure,
  shippingTransactions: z.array(
    z.looseObject({
      ID: looseText,
      amount: figure,
      orderID: looseText,
      otoOrderID: looseText,
      shipmentID: looseText,
      description: looseText,
      orderStatus: looseText,
      transactionDate: looseText,
      deliveryName: looseText,
      transaction: looseText,
      status: looseText,
    }),
  ),
});

const pages = { page: 'page', size: 'perPage', rows: 100 } as const;
const creditPages: Paging = {
  ...pages,
  read: (answer) => {
    const { transactions, orders } = answer as z.output<typeof creditTransactionsResponse>;
    return { rows: transactions ?? orders ?? [] };
  },
};
const shipmentPages: Paging = {
  ...pages,
  read: (answer) => ({ rows: (answer as z.output<typeof shipmentTransactionsResponse>).shipments }),
};

// The address of the payment page is in no other answer; what it leads to is charged only when a person pays.
const buy = { ...post, ...write, lostAnswer: 'park', family: 'credit', plan: 'all' } as const;

export const creditRows = {
  buyOTOCredit: {
    ...buy,
    path: '/buyOTOCredit',
    summary: 'Address of a page to pay for OTO credit, which shipments with own contracts and OTO Flex cost.',
    request: buyCreditRequest,
    response: buyCreditResponse,
  },
  buyShippingCredit: {
    ...buy,
    path: '/buyShippingCredit',
    summary: "Address of a page to pay for shipping credit, which shipments at OTO's own rates cost.",
    request: buyCreditRequest,
    response: buyCreditResponse,
  },
  creditTransactions: {
    ...get,
    path: '/creditTransactions',
    ...read,
    family: 'credit',
    plan: 'all; Starter and up in older documents',
    summary: 'What was charged to the credit and given back, page by page.',
    request: creditTransactionsRequest,
    response: creditTransactionsResponse,
    paging: creditPages,
  },
  shipmentTransactions: {
    ...get,
    path: '/shipmentTransactions',
    ...read,
    family: 'credit',
    plan: 'all',
    summary: 'Shipments with what the carrier charged and weighed, page by page.',
    request: shipmentTransactionsRequest,
    response: shipmentTransactionsResponse,
    paging: shipmentPages,
  },
  getShippingPriceTransactionsList: {
    ...post,
    path: '/getShippingPriceTransactionsList',
    ...read,
    family: 'credit',
    plan: 'Starter and up',
    summary: 'What an order or shipment cost by the shipping prices that the account has set.',
    request: shippingPriceTransactionsRequest,
    response: shippingPriceTransactionsResponse,
  },
} as const;

import { choice, flag, number } from './switch-kinds.ts';

/** Switches of products, stock and inventory orders. */
export const goodsSwitches = {
  duplicateSku: choice(
    'errorCode14',
    "OTO's documents on product endpoints: they contradict each other",
    'What does createProduct answer for a SKU that exists?',
    {
      errorCode14: 'HTTP 400, old form, errorCode 14: captured in 2023',
      OTO1126: 'HTTP 400, new form, OTO1126: the nearest code of the 2026 table',
      OTO1009: 'HTTP 400, new form, OTO1009: the code of every other failure',
      conflict: 'HTTP 409 with both forms, as for boxes',
      update: 'HTTP 200 with the productId that is there: taken for an update, as a repeated createOrder is',
    },
  ),
  taxAmount: choice(
    'optional',
    "OTO's documents on product endpoints: they contradict each other",
    'Is taxAmount required by createProduct?',
    {
      optional: 'as the parameter table says',
      required: 'OTO1129 without it, as the error table says',
    },
  ),
  productCount: choice(
    'total',
    "OTO's documents on product endpoints: they do not say",
    'What is productCount of productList?',
    {
      total: 'the number of products of the account',
      page: 'the number of rows of the page',
    },
  ),
  largestPage: number(
    100,
    "OTO's documents on product endpoints: they name a default of 100 and no maximum",
    'How many products does productList give in one page at most?',
    'so many; pageTooLarge says what happens to a call that asks for more',
  ),
  pageTooLarge: choice(
    'answer',
    "OTO's documents on product endpoints: they do not say",
    'What does productList answer to a pageSize above the maximum?',
    {
      answer: 'the page as asked: there is no maximum',
      cap: 'a page of the maximum, without a word',
      refuse: 'HTTP 400, OTO1142',
    },
  ),
  pagePastEnd: choice(
    'empty',
    "OTO's documents on product endpoints: they do not say",
    'What does productList answer to a page after the last one?',
    {
      empty: 'an empty list',
      last: 'the last page again',
      refuse: 'HTTP 400, OTO1142',
    },
  ),
  unknownSkuInRead: choice(
    'absent',
    "OTO's documents on stock endpoints: they do not say",
    'What does a stock read answer for a SKU without figures?',
    {
      absent: 'the key is missing',
      empty: 'the key holds an empty list',
      refuse:
        'HTTP 400, OTO1126, for the whole call if the SKU does not exist; an empty list if it exists without stock',
    },
  ),
  skusPerCall: number(
    50,
    "OTO's documents on stock endpoints: they do not say",
    'For how many SKUs can a stock read ask at most?',
    'so many; tooManySkus says what happens to a call that asks for more',
  ),
  tooManySkus: choice(
    'answer',
    "OTO's documents on stock endpoints: they do not say",
    'What does a stock read answer to more SKUs than the maximum?',
    {
      answer: 'all of them: there is no maximum',
      cut: 'the first ones up to the maximum, without a word about the rest',
      refuse: 'HTTP 400, OTO1112: the code for too many ids in a request',
      tooLong: 'HTTP 414 with an empty body, as a gateway does with a long address',
    },
  ),
  stockWithoutLocation: flag(
    false,
    "OTO's documents on stock endpoints: a capture has such rows and nothing explains them",
    'Does a stock read also list stock that is tied to no location?',
    {
      true: 'each SKU also has a row without pickupLocationCode, with negative figures',
      false: 'only rows of locations',
    },
  ),
  figuresAsText: flag(
    false,
    "OTO's documents on stock endpoints: the type is a number, and other numbers come as text",
    'Are quantities in answers numbers or text?',
    {
      true: 'text, as expires_in is',
      false: 'numbers',
    },
  ),
  stockLocationFilter: choice(
    'heeded',
    "OTO's documents on stock endpoints: one of them names the parameter",
    'Does checkInventoryStock heed pickupLocationCode?',
    {
      heeded: 'rows of that location only',
      ignored: 'rows of all locations',
    },
  ),
  globalStockForm: choice(
    'list',
    "OTO's documents on stock endpoints: they contradict each other",
    'What does checkGlobalStock hold under a SKU?',
    {
      list: 'a list of one, as in the example',
      object: 'an object, as the text says',
    },
  ),
  quantityForm: choice(
    'any',
    "OTO's documents on stock endpoints and createInventoryOrder: they contradict each other",
    'In which form is qty taken?',
    {
      any: 'as a number and as text',
      text: 'as text only, as in the examples; a number is refused (OTO1132)',
      number: 'as a number only, as the parameter tables say; text is refused (OTO1132)',
    },
  ),
  firstSet: choice(
    'create',
    "OTO's documents on stock endpoints: they do not say",
    'What does the first set or adjust of a SKU at a location do?',
    {
      create: 'makes the inventory row',
      refuse: 'HTTP 400, OTO1134: only inbound orders and imports make rows',
    },
  ),
  negativeSet: choice(
    'accept',
    "OTO's documents on stock endpoints: they do not say",
    'May updateStockQuantity leave a negative figure on hand?',
    {
      accept: 'yes: negative figures stand in captures',
      refuse: 'HTTP 400, OTO1135',
      clamp: 'no: it is taken as 0, without a word',
    },
  ),
  forecastIncludesInventoryOrders: flag(
    true,
    "OTO's help centre on inventory: it does not say",
    'Do open inventory orders move quantityForecasted?',
    {
      true: 'on hand - reserved + incoming - outgoing',
      false: 'on hand - reserved',
    },
  ),
  duplicateWaybill: choice(
    'accept',
    "OTO's documents on createInventoryOrder: they do not say",
    'What does createInventoryOrder do with a waybillNumber it has seen?',
    {
      accept: 'makes a second order',
      refuse: 'HTTP 400, OTO1063',
      same: 'HTTP 200 with the otoId of the first one, and makes nothing',
    },
  ),
  unknownSkuInInventoryOrder: choice(
    'refuse',
    "OTO's documents on createInventoryOrder: they do not say",
    'What does an unknown SKU among the items do?',
    {
      refuse: 'HTTP 400, OTO1126, nothing is made',
      skip: 'the line is left out with a warning, the order is made of the rest',
      keep: 'the line is taken as it is and moves no stock',
    },
  ),
  inventoryOrderStock: choice(
    'processed',
    "OTO's documents on createInventoryOrder and help centre on inventory: they name no status after new",
    'At which status of an inventory order does on hand move?',
    {
      processed: 'when staff have processed it',
      accepted: 'when staff accept it',
      created: 'at once',
    },
  ),
};

import { orderSwitches } from './order-switches.ts';
import { choice, flag, number, timeZone } from './switch-kinds.ts';
import { webhookSwitches } from './webhook-switches.ts';

/**
 * What no source says about OTO, or what sources say differently, each as a switch with its behaviours. `source` names the documents
 * of OTO that leave the question open; the default is the side that the sources make more likely. docs/unknowns.md says how the
 * bridge copes with either side.
 */
export const switchTable = {
  errorForm: choice(
    'both',
    "OTO's documents on error answers: they contradict each other",
    'Which generation of error bodies is answered?',
    {
      old: '{success:false, errorCode:<int>, errorMsg}: the captures of 2023',
      both: 'old and new fields together: the captures of 2025 and 2026',
      new: '{success:false, otoErrorCode, otoErrorMessage}: the examples of the 2026 documents',
    },
  ),
  refusalStatus: choice(
    'captured',
    "OTO's documents on error answers: they contradict each other",
    'With which HTTP status do refusals come?',
    {
      captured: 'the status of the nearest capture, mostly 400',
      ok200: '200 with success:false, as captured on other endpoints',
      conflict409: '409, as captured for conflicts',
      server500: '500: in the official table, without a word on when',
    },
  ),
  rateLimitAnswer: choice(
    'coded400',
    "OTO's documents on error answers: they name the code OTO1143, and neither a limit nor a status",
    'How are too many requests answered?',
    {
      coded400: 'HTTP 400 with OTO1143',
      coded429: 'HTTP 429 with OTO1143',
      coded200: 'HTTP 200 with success:false and OTO1143',
      plain429: "HTTP 429 in the gateway's form, without a code",
      old400: 'HTTP 400 in the oldest form, with nothing but a text',
    },
  ),
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
  onHandFallsAt: choice(
    'shipped',
    "OTO's documents on packing endpoints and help centre on inventory: they do not say",
    'At which status of a customer order does on hand fall?',
    {
      picked: 'when it is picked',
      packed: 'when it is packed',
      shipped: 'when it is shipped (pickedUp)',
    },
  ),
  pickedStaysInPackingList: flag(
    true,
    "OTO's documents on packing endpoints: they do not say",
    'Does getPackingOrders still list a picked order?',
    {
      true: 'until it is packed',
      false: 'only orders that nobody has picked',
    },
  ),
  packedStaysInPackingList: flag(
    false,
    "OTO's documents on packing endpoints: they do not say",
    'Does getPackingOrders still list a packed order?',
    {
      true: 'until it is shipped',
      false: 'it leaves the list when it is packed',
    },
  ),
  packingListStarts: choice(
    'assigned',
    "OTO's documents on packing endpoints: they do not say",
    'From which status on does getPackingOrders list an order?',
    {
      assigned: 'from assignedToWarehouse on',
      new: 'from new on, as soon as it has a location; updatePackingStatus still refuses it',
    },
  ),
  unknownWarehouse: choice(
    'OTO1133',
    "OTO's documents on packing endpoints: they do not say",
    'What does getPackingOrders answer for a warehouseCode that does not exist?',
    {
      OTO1133: 'HTTP 400, OTO1133',
      OTO1070: 'HTTP 400, OTO1070',
      empty: 'an empty list',
    },
  ),
  packingOfBranch: choice(
    'list',
    "OTO's documents on packing endpoints: they speak of warehouses only",
    'What does getPackingOrders answer for the code of a branch?',
    {
      list: 'its orders',
      refuse: 'as for a code that does not exist',
      empty: 'an empty list',
    },
  ),
  packingHistory: choice(
    'shown',
    "OTO's documents on order endpoints: newer captures have it, older ones do not",
    'Does orderDetails show packingStatusHistory, and orders packingStatus?',
    {
      shown: 'yes',
      absent: 'no',
    },
  ),
  orderStatusFollowsPacking: flag(
    true,
    "OTO's documents on packing and order endpoints: picked and packed are order statuses; they do not say who sets them",
    'Does updatePackingStatus change the status of the order?',
    {
      true: 'it becomes picked, then packed',
      false: 'it stays assignedToWarehouse until it is shipped',
    },
  ),
  packingSteps: choice(
    'any',
    "OTO's documents on packing endpoints: they do not say",
    'Which steps does updatePackingStatus take?',
    {
      any: 'a repeat is answered as done, packed without picked is taken, going back is refused (OTO1103)',
      inOrder: 'ready, picked, packed, each once; anything else is refused (OTO1103)',
      free: 'any, also back from packed to picked',
    },
  ),
  modifiedDate: choice(
    'since',
    "OTO's documents on order endpoints: they do not say",
    'What does the modifiedDate filter of orders mean?',
    {
      since: 'modified at or after it',
      day: 'modified on that day',
    },
  ),
  ordersPaging: choice(
    'required',
    "OTO's documents on order endpoints: they contradict each other",
    'Are perPage and page required by orders?',
    {
      required: 'OTO1142 without them, as the error table says',
      optional: 'as the parameter table says',
    },
  ),
  orderRows: choice(
    'full',
    "OTO's documents on order endpoints: captures of older accounts have six fields only",
    'How much does a row of orders hold?',
    {
      full: 'everything, items and dates included',
      sparse: 'id, orderId, status, orderDate, amount and currency; no items, no modifiedDate, no paging fields',
    },
  ),
  locationDates: choice(
    'optional',
    "OTO's documents on pickup locations: they contradict each other",
    'Does getPickupLocationList need minDate?',
    {
      optional: 'no, as the parameter table says',
      required: 'yes: OTO1107 without it',
    },
  ),
  orderTimezone: timeZone(
    'UTC',
    "OTO's documents on order endpoints: they do not say",
    'In which time zone are the dates of orders?',
    'dates are written and filtered in that zone',
  ),
  ...webhookSwitches,
  readLagMs: number(
    0,
    "OTO's documents: they do not say; other stock services show a write up to ten seconds late",
    'How long after a write do reads still answer what was true before it?',
    'so many milliseconds, in reads of stock, products and orders; no read lies about anything else',
    0,
  ),
  rotatesRefreshToken: flag(
    false,
    "OTO's documents on authorization: they do not say",
    'Does refreshToken answer another refresh token?',
    {
      true: 'each call answers a new one, and the one before stops working',
      false: 'the same one is echoed',
    },
  ),
  newTokenEndsOld: flag(
    false,
    "OTO's documents on authorization: they do not say",
    'Does a new access token end the ones before it?',
    {
      true: 'only the newest access token works',
      false: 'each works until it expires',
    },
  ),
  parallelRefresh: choice(
    'each',
    "OTO's documents on authorization: they do not say",
    'What does refreshToken answer within a second of the call before?',
    {
      each: 'another access token',
      same: 'the same access token again',
      refuse: 'too many requests, as rateLimitAnswer says',
    },
  ),
  badRefreshToken: choice(
    'coded400',
    "OTO's documents on authorization: they do not say",
    'What does refreshToken answer to a token that is not accepted?',
    {
      coded400: 'HTTP 400, OTO1083',
      gateway401: "HTTP 401 in the gateway's form",
      empty403: 'HTTP 403 with an empty body',
    },
  ),
  expiredToken: choice(
    'gateway',
    "OTO's documents on authorization: captures show two forms",
    'In which form does a 401 come?',
    {
      gateway: '{message, code:401}',
      coded: '{success:false, errorCode:3, errorMsg}, as captured on one endpoint',
    },
  ),
  ...orderSwitches,
};

import { choice, flag, timeZone } from './switch-kinds.ts';

/** Switches of packing, and of what is read of customer orders and locations. */
export const packingSwitches = {
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
};

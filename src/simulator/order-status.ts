/** OTO's order statuses by stage, as its documents list them, its own spelling included. */
export const orderStages = {
  management: [
    'new',
    'missingData',
    'paymentConfirmed',
    'waitingAddressConfirmation',
    'waitingAssignment',
    'addressConfirmed',
    'addressVerified',
    'needConfirmation',
    'waitingApproval',
    'smsSentToReceiver',
    'paymentTypeConfirmed',
    'codOrderConfirmed',
    'orderConfirmed',
    'pickupFromStore',
    'interDepotTransfer',
    'canceled',
    'deleted',
  ],
  warehouse: [
    'readyForCollection',
    'branchAssigned',
    'assignedToWarehouse',
    'shipmentOnHoldWarehouse',
    'shipmentOnHoldToCancel',
    'notAvailableBR',
    'notAvailableWH',
    'picked',
    'packed',
  ],
  creation: ['searchingDriver', 'shipmentCreated', 'goingToPickup', 'arrivedPickup', 'pickupAttemted'],
  pickup: ['pickedUp'],
  transit: [
    'arrivedDestinationTerminal',
    'arrivedTerminal',
    'departedTerminal',
    'inTransit',
    'arrivedOriginTerminal',
    'outForDelivery',
    'arrivedDestination',
    'shipmentInProgress',
    'undeliveredAttempt',
    'shipmentOnHold',
    'heldForPickup',
  ],
  delivery: ['delivered'],
  returned: ['returned'],
  failed: ['returnProcessing'],
  reverseCreation: [
    'returnShipmentProcessing',
    'newReturn',
    'reverseShipmentProcessing',
    'reverseShipmentCreated',
    'reverseGoingToPickup',
  ],
  reversePickup: ['reversePickupAttempted', 'reversePickedUp'],
  reverseTransit: [
    'reverseOutForDelivery',
    'reverseArrivedTerminal',
    'reverseDepartedTerminal',
    'reverseArrivedDestinationTerminal',
    'reverseUndeliveredAttempt',
    'reverseHeldForPickup',
    'reverseShipmentOnHold',
  ],
  reverseDelivery: ['reverseReturned'],
  tracking: [
    'reverseShipmentCanceled',
    'reverseConfirmReturn',
    'confirmedReturn',
    'shipmentCanceled',
    'lostOrDamaged',
    'destroyed',
    'approved',
    'rejected',
    'returnReverseComment',
  ],
  information: ['informationUpdate'],
} as const;

export type OrderStage = keyof typeof orderStages;
export type OrderStatus = (typeof orderStages)[OrderStage][number];

export const orderStatuses = Object.values(orderStages).flat() as readonly OrderStatus[];

const stageByStatus = new Map<string, OrderStage>(
  (Object.keys(orderStages) as OrderStage[]).flatMap((stage) => orderStages[stage].map((status) => [status, stage])),
);

export function stageOf(status: OrderStatus): OrderStage {
  return stageByStatus.get(status) ?? 'management';
}

/** The way of the goods through the warehouse, to the carrier; `assignedToWarehouse` is what staff call ready for packing. */
export const orderSteps = ['new', 'assignedToWarehouse', 'picked', 'packed', 'pickedUp'] as const;
export type OrderStep = (typeof orderSteps)[number];

/** Where a carrier may go from each stage; within transit in any order. What is not named here ends. */
const next: Partial<Record<OrderStage, readonly OrderStage[]>> = {
  creation: ['creation', 'pickup'],
  pickup: ['transit', 'delivery', 'failed', 'returned'],
  transit: ['transit', 'delivery', 'failed', 'returned'],
  failed: ['returned'],
  reverseCreation: ['reverseCreation', 'reversePickup'],
  reversePickup: ['reversePickup', 'reverseTransit', 'reverseDelivery'],
  reverseTransit: ['reverseTransit', 'reverseDelivery'],
};

/** Whether a carrier may report `target` after `status`. Goods can get lost on the whole way. */
export function carrierMay(status: OrderStatus, target: OrderStatus): boolean {
  const allowed = next[stageOf(status)];
  if (allowed === undefined) return false;
  if (target === 'lostOrDamaged' || target === 'destroyed') return stageOf(status) !== 'creation';
  return allowed.includes(stageOf(target));
}

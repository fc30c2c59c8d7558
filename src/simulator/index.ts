export type { Controls } from './controls.ts';
export type { NewOrder } from './customer-orders.ts';
export { simulatorErrors } from './errors.ts';
export type { AccountEvents, OrderStatusChange, ShipmentFailure } from './events.ts';
export type { Fault, FaultInput, FaultKind } from './faults.ts';
export type { CustomerOrder } from './order-record.ts';
export { type OrderStatus, orderStatuses } from './order-status.ts';
export type { RequestFilter, RequestRecord } from './request-log.ts';
export type { SeedInput } from './seed.ts';
export {
  defaultLocations,
  type Simulator,
  type SimulatorOptions,
  startSimulator,
} from './simulator.ts';
export type { Staff } from './staff.ts';
export type { InventoryOrder, Location, LocationInput, SimulatedProduct, State } from './state.ts';
export { switchTable } from './switch-table.ts';
export type { SwitchName, SwitchValues } from './switches.ts';
export { defaultRefreshToken } from './tokens.ts';

import { refusal } from '../refusals.ts';
import { activeShipment } from '../shipments.ts';
import type { Handler } from './handler.ts';

/** Each order says for itself whether it was taken. An order that a carrier has is none of OTO Flex. */
export const assignDriver: Handler<'assignDriver'> = ({ orderIDs, driverID, driverEmail }, { world }) => {
  const { drivers } = world.state.account.content;
  const driver = drivers.find(({ id, email }) =>
    driverID === undefined ? email === driverEmail : id === Number(driverID),
  );
  if (driver === undefined) return { refused: refusal('driverMissing') };
  const taken: string[] = [];
  const body: Record<string, unknown> = Object.create(null);
  for (const id of orderIDs.map(String)) {
    const order = world.state.ordersById.get(Number(id));
    const code = order === undefined ? 'OTO1002' : activeShipment(order) === undefined ? undefined : 'OTO1192';
    if (order !== undefined && code === undefined) {
      order.driverId = driver.id;
      taken.push(order.orderId);
    }
    body[id] = code === undefined ? { success: true, otoId: Number(id) } : { success: false, otoErrorCode: code };
  }
  return taken.length === 0 ? { body } : { body, effect: { id: taken.join(',') } };
};

import { orderTime } from '../order-time.ts';
import { refusal } from '../refusals.ts';
import type { Location } from '../state.ts';
import type { Handler } from './handler.ts';

export const getPickupLocationList: Handler<'getPickupLocationList'> = (params, { world }) => {
  const { orderTimezone: zone, locationDates } = world.switches.values;
  if (locationDates === 'required' && params.minDate === undefined) return { refused: refusal('dates', 'minDate') };
  const shown = [...world.state.locations.values()].filter((location) => {
    const created = orderTime(location.createdAt, zone).slice(0, 10);
    return (
      (params.pickupLocationCode === undefined || params.pickupLocationCode === location.code) &&
      (params.status === undefined || params.status === location.status) &&
      (params.minDate === undefined || created >= params.minDate) &&
      (params.maxDate === undefined || created <= params.maxDate)
    );
  });
  const listed = (kind: Location['kind']) =>
    shown
      .filter((location) => location.kind === kind)
      .map(({ id, code, name, city }) => ({
        id,
        code,
        name,
        address: `${name}, ${city}`,
        city,
        country: 'SA',
        contactPerson: 'Warehouse Keeper',
        contactPhone: '+966500000000',
        contactEmail: 'warehouse@example.com',
        lat: 24.71,
        lon: 46.67,
      }));
  return { body: { success: true, warehouses: listed('warehouse'), branches: listed('branch') } };
};

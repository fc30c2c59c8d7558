import { orderTime } from '../order-time.ts';
import { cityNamed } from '../places.ts';
import { refusal } from '../refusals.ts';
import type { Location } from '../state.ts';
import type { Handler } from './handler.ts';

const shown = ['street', 'district', 'buildingNo', 'secondaryAddressNumber', 'postcode', 'shortAddressCode'] as const;

function kept(fields: Readonly<Record<string, unknown>>): Record<string, unknown> {
  return Object.fromEntries(shown.flatMap((name) => (fields[name] === undefined ? [] : [[name, fields[name]]])));
}

export const getPickupLocationList: Handler<'getPickupLocationList'> = (params, { world }) => {
  const { orderTimezone: zone, locationDates } = world.switches.values;
  if (locationDates === 'required' && params.minDate === undefined) return { refused: refusal('dates', 'minDate') };
  const found = [...world.state.locations.values()].filter((location) => {
    const created = orderTime(location.createdAt, zone).slice(0, 10);
    return (
      (params.pickupLocationCode === undefined || params.pickupLocationCode === location.code) &&
      (params.status === undefined || params.status === location.status) &&
      (params.minDate === undefined || created >= params.minDate) &&
      (params.maxDate === undefined || created <= params.maxDate)
    );
  });
  const listed = (kind: Location['kind']) =>
    found
      .filter((location) => location.kind === kind)
      .map(({ id, code, name, city, fields = {} }) => ({
        id,
        code,
        name,
        address: fields.address ?? `${name}, ${city}`,
        city,
        country: fields.country ?? 'SA',
        contactPerson: fields.contactName ?? 'Warehouse Keeper',
        contactPhone: fields.mobile ?? '+966500000000',
        contactEmail: fields.contactEmail ?? 'warehouse@example.com',
        lat: Number(fields.lat ?? cityNamed(city)?.lat ?? 24.71),
        lon: Number(fields.lon ?? cityNamed(city)?.lon ?? 46.67),
        ...kept(fields),
      }));
  return { body: { success: true, warehouses: listed('warehouse'), branches: listed('branch') } };
};

/** `warhouseId`: OTO's spelling. */
export const createPickupLocation: Handler<'createPickupLocation'> = (params, { world }) => {
  const { state } = world;
  const { code, name, type, city, status, ...fields } = params;
  if (type === 'branch' && world.switches.values.plan !== 'enterprise') return { refused: refusal('branches') };
  const sameName = [...state.locations.values()].some((location) => location.name === name);
  if (state.locations.has(code) || sameName) {
    const there = state.locations.get(code);
    if (there === undefined || world.switches.values.duplicateLocation === 'refuse') {
      return { refused: { ...refusal('locationExists'), status: 200 } };
    }
    return { body: { success: true, pickupLocationCode: code, message: 'Pickup location already exists' } };
  }
  const { id } = state.addLocation({ code, name, kind: type, city, status, fields }, world.now());
  const message = 'Pickup location is created';
  return { body: { success: true, warhouseId: String(id), pickupLocationCode: code, message }, effect: { id } };
};

export const updatePickupLocation: Handler<'updatePickupLocation'> = (params, { world }) => {
  const { state } = world;
  const { code, name, type, city, status, ...fields } = params;
  const before = state.locations.get(code);
  if (before === undefined) return { refused: refusal('locationMissing') };
  const others = [...state.locations.values()].filter((location) => location !== before);
  if (others.some((location) => location.name === name)) return { refused: refusal('locationExists') };
  const { id } = state.addLocation(
    {
      code,
      name: name ?? before.name,
      kind: type ?? before.kind,
      city: city ?? before.city,
      status: status ?? before.status,
      bins: before.bins,
      fields: { ...before.fields, ...fields },
    },
    before.createdAt,
  );
  return { body: { success: true, branchId: String(id), pickupLocationCode: code }, effect: { id } };
};

import { cities, citiesOf, cityNamed } from '../places.ts';
import { refusal } from '../refusals.ts';
import { deliveryOptions } from '../shipments.ts';
import type { Handler } from './handler.ts';

export const checkCoverage: Handler<'checkCoverage'> = ({ city: name, lat, lon }, { world }) => {
  const onEarth = Math.abs(Number(lat)) <= 90 && Math.abs(Number(lon)) <= 180;
  if (!onEarth) return { refused: refusal('place') };
  const city = cityNamed(name);
  const places = [...world.state.locations.values()].filter(({ status }) => status === 'active');
  const here = city === undefined ? [] : places.filter((place) => cityNamed(place.city) === city);
  const near = deliveryOptions(world).some(({ carrier }) => carrier.reach !== undefined);
  return {
    body: {
      success: true,
      branchCoverage: here.some(({ kind }) => kind === 'branch'),
      courierDelivery: city !== undefined,
      bulletDelivery: near && here.length > 0,
    },
  };
};

export const availableCities: Handler<'availableCities'> = ({ page = 1, limit = 100 }) => {
  const rows = cities.slice((page - 1) * limit, page * limit);
  const orders = rows.map(({ name, arabic }) => ({ city: name, city_ar: arabic }));
  return { body: { success: true, page, limit, orders } };
};

const times = {
  bullet: ['10:00-12:00', '12:00-14:00', '14:00-16:00', '16:00-18:00'],
  courier: ['09:00-13:00', '13:00-17:00'],
} as const;

/** The three days after today. */
export const availableTimeslots: Handler<'availableTimeslots'> = ({ serviceType }, { world }) => {
  const availableSlots = [1, 2, 3].map((ahead) => {
    const [year, month, day] = new Date(world.now() + ahead * 86_400_000).toISOString().slice(0, 10).split('-');
    return { day: `${day}/${month}/${year}`, times: times[serviceType] };
  });
  return { body: { success: true, availableSlots } };
};

export const getCities: Handler<'getCities'> = ({ country, perPage = 100, page = 1 }) => {
  const found = citiesOf(country);
  if (found === undefined) return { refused: refusal('country') };
  const rows = found.slice((page - 1) * perPage, page * perPage);
  return { body: { getCities: { totalCount: found.length, perPage, Cities: rows.map(({ name }) => ({ name })) } } };
};

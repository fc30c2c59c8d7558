import { carrierOf, carriers, reaches } from '../carriers.ts';
import { cityNamed, distance } from '../places.ts';
import { refusal } from '../refusals.ts';
import { deliveryOptions, parcelOf } from '../shipments.ts';
import type { Handler } from './handler.ts';
import { orderNamed } from './order-writes.ts';

export const dcList: Handler<'dcList'> = () => ({
  body: { data: carriers.map(({ name, code }) => ({ Name: name, code })) },
});

export const dcConfig: Handler<'dcConfig'> = ({ code }) => {
  const carrier = carrierOf(code);
  if (carrier === undefined) return { refused: refusal('unknownCarrier') };
  const exampleJSON = Object.fromEntries(carrier.settings.map(({ fieldName }) => [fieldName, 'example']));
  return { body: { success: true, settings: carrier.settings, exampleJSON } };
};

/** A contract is known by its name: the same name again changes it. */
export const dcActivation: Handler<'dcActivation'> = (params, { world }) => {
  const carrier = carrierOf(params.code);
  if (carrier === undefined) return { refused: refusal('unknownCarrier') };
  const { next, account } = world.state;
  const brandId = params.brandId ?? params.brandID;
  const known = brandId === undefined || account.content.brands.some(({ id }) => id === Number(brandId));
  if (!known) return { refused: refusal('brand') };
  const name = params.deliveryOptionName;
  const active = String(params.active ?? true) === 'true';
  const there = account.content.contracts.find((one) => one.name === name);
  const id = there?.id ?? next.contract++;
  const others = account.content.contracts.filter((one) => one.id !== id);
  account.content.contracts = [...others, { id, name, carrier: carrier.code, active }];
  return { body: { success: true, deliveryOptionId: String(id) }, effect: { id } };
};

export const getDeliveryOptions: Handler<'getDeliveryOptions'> = ({ city, orderId, id }, { world }) => {
  const order = orderId === undefined ? undefined : orderNamed(world, { orderId });
  if (orderId !== undefined && order === undefined) return { refused: refusal('orderUnknown') };
  const to = city === undefined ? undefined : cityNamed(city);
  const base = [...world.state.locations.values()].flatMap((place) => cityNamed(place.city) ?? []);
  const near = deliveryOptions(world)
    .filter(({ own }) => own)
    .filter(({ carrier }) => {
      if (order !== undefined) return reaches(carrier, parcelOf(world, order));
      if (city === undefined) return true;
      return base.some((from) => to !== undefined && reaches(carrier, { from, to, km: distance(from, to), weight: 1 }));
    })
    .filter((one) => id === undefined || one.id === Number(id));
  const options = near.map((one) => ({
    name: one.name,
    deliveryOptionId: one.id,
    integrationName: one.carrier.code,
    dcName: one.carrier.name,
  }));
  return { body: { success: true, options } };
};

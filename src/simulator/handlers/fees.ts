import { type Carrier, type Parcel, reaches } from '../carriers.ts';
import { orderTime } from '../order-time.ts';
import { cityNamed, distance } from '../places.ts';
import { refusal } from '../refusals.ts';
import { type DeliveryOption, deliveryOptions, parcelOf, priceOfOption } from '../shipments.ts';
import type { World } from '../state.ts';
import type { Handler } from './handler.ts';
import { orderNamed } from './order-writes.ts';

interface Wanted {
  readonly originCity: string;
  readonly destinationCity: string;
  readonly weight: string | number;
  readonly length?: string | number | undefined;
  readonly width?: string | number | undefined;
  readonly height?: string | number | undefined;
}

/** Cubic centimetres of a kilogram, by which carriers count size as weight. */
const volume = 5000;

function parcelBetween({ originCity, destinationCity, weight, length, width, height }: Wanted): Parcel | undefined {
  const from = cityNamed(originCity);
  const to = cityNamed(destinationCity);
  if (from === undefined || to === undefined) return undefined;
  const size = (Number(length ?? 0) * Number(width ?? 0) * Number(height ?? 0)) / volume;
  return { from, to, km: distance(from, to), weight: Math.max(Number(weight), size) };
}

function offer(world: World, option: DeliveryOption, parcel: Parcel): Record<string, unknown> {
  const { id, name, carrier } = option;
  const price = priceOfOption(world, option, parcel);
  return {
    deliveryOptionId: id,
    deliveryOptionName: name,
    deliveryCompanyName: carrier.code,
    serviceType: carrier.serviceType,
    deliveryType: 'toCustomerDoorstep',
    price,
    returnFee: carrier.reverse ? Math.round(price * 80) / 100 : 0,
    codCharge: carrier.codCharge,
    maxCODValue: 5000,
    maxOrderValue: 20_000,
    maxFreeWeight: carrier.freeWeight,
    extraWeightPerKg: carrier.extraPerKg,
    currency: 'SAR',
    avgDeliveryTime: carrier.days === 0 ? 'Same day' : `${carrier.days} to ${carrier.days + 2} Working Days`,
    pickupCutOffTime: '14:00',
    pickupDropoff: 'freePickup',
    trackingType: 'fullTracking',
    logo: '',
  };
}

/** Cheapest first. */
function offers(world: World, parcel: Parcel, fits: (option: DeliveryOption) => boolean, traced = true) {
  const rows = deliveryOptions(world)
    .filter((option) => fits(option) && reaches(option.carrier, parcel))
    .map((option) => offer(world, option, parcel))
    .sort((one, other) => Number(one.price) - Number(other.price));
  const trace = `${parcel.from.name}-${parcel.to.name}-${parcel.weight}`.toLowerCase().replaceAll(' ', '-');
  return { body: { success: true, ...(traced && { traceId: trace }), deliveryCompany: rows } };
}

export const checkOTODeliveryFee: Handler<'checkOTODeliveryFee'> = (params, { world }) => {
  const boxed = params.boxes?.reduce((sum, { weight }) => sum + Number(weight ?? 0), 0) ?? 0;
  const parcel = parcelBetween({ ...params, weight: Math.max(Number(params.weight), boxed) });
  if (parcel === undefined) return { refused: refusal('city') };
  const { serviceType } = params;
  const reverse = String(params.forReverseShipment) === 'true';
  const fits = (carrier: Carrier): boolean =>
    (serviceType === undefined || carrier.serviceType === serviceType) && (!reverse || carrier.reverse);
  return offers(world, parcel, ({ own, carrier }) => !own && fits(carrier));
};

export const checkDeliveryFee: Handler<'checkDeliveryFee'> = (params, { world }) => {
  const parcel = parcelBetween(params);
  if (parcel === undefined) return { refused: refusal('city') };
  return offers(world, parcel, ({ own }) => own);
};

export const getDeliveryFee: Handler<'getDeliveryFee'> = (params, { world }) => {
  const order = orderNamed(world, params);
  if (order === undefined) return { refused: refusal('noOption') };
  const { deliveryCompanySettingsId: only } = params;
  return offers(world, parcelOf(world, order), ({ id }) => only === undefined || id === Number(only), false);
};

const day = 86_400_000;

/** Empty where no contract has times for this way. */
export const getDeliveryEstimation: Handler<'getDeliveryEstimation'> = (params, { world }) => {
  const { calculationData, deliveryCompanySettingsId: only, slaMethodType = 'CITY_BASED' } = params;
  const from = cityNamed(calculationData.originAddress.city);
  const to = cityNamed(calculationData.destinationAddress.city);
  if (from === undefined || to === undefined) return { refused: refusal('city') };
  const parcel = { from, to, km: distance(from, to), weight: 1 };
  const now = world.now();
  const zone = world.switches.values.orderTimezone;
  const result = deliveryOptions(world)
    .filter(({ own, id }) => own && (only === undefined || id === Number(only)))
    .filter(({ carrier }) => reaches(carrier, parcel))
    .map(({ id, name, carrier }) => ({
      estimatedPickupDate: orderTime(now + day, zone),
      estimatedDeliveryDate: orderTime(now + (carrier.days + 1) * day, zone),
      estimatedTransferDuration: carrier.days * 24,
      estimatedTransferCompletionDate: orderTime(now + (carrier.days + 1) * day, zone),
      cutOffSameDayPickup: '14:00',
      shipmentCreateDate: orderTime(now, zone),
      shippingContract: {
        id,
        name,
        agreementType: 'OWN',
        deliveryCompanySettingsId: id,
        slaMethodType,
        deliveryIntegrationName: carrier.code,
      },
    }));
  return { body: { success: true, result } };
};

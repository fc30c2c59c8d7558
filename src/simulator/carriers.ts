import type { City } from './places.ts';
import { seededRandom, seedOf } from './random.ts';

/** The simulated carriers. Amounts are in SAR. Names and prices are made up, so that nobody takes them for a real offer. */
export interface Carrier {
  /** `code` of dcList, `deliveryCompanyName` elsewhere. */
  readonly code: string;
  readonly name: string;
  /** Its option at OTO's own rates. */
  readonly deliveryOptionId: number;
  readonly serviceType: string;
  readonly base: number;
  readonly perKm: number;
  /** Kilograms in the price. */
  readonly freeWeight: number;
  readonly extraPerKg: number;
  readonly codCharge: number;
  readonly days: number;
  readonly abroad: boolean;
  /** Whether it brings goods back. */
  readonly reverse: boolean;
  /** Only within so many kilometres. */
  readonly reach?: number;
  readonly settings: readonly { readonly fieldName: string; readonly fieldType: string }[];
}

const login = [
  { fieldName: 'username', fieldType: 'string' },
  { fieldName: 'password', fieldType: 'string' },
];
const key = [
  { fieldName: 'apiKey', fieldType: 'string' },
  { fieldName: 'accountNumber', fieldType: 'string' },
];
const carrier = { serviceType: 'express', abroad: false, reverse: true, settings: login } as const;

export const carriers: readonly Carrier[] = [
  {
    ...carrier,
    code: 'aramex',
    name: 'Aramex',
    deliveryOptionId: 564,
    base: 16,
    perKm: 0.004,
    freeWeight: 15,
    extraPerKg: 2,
    codCharge: 7,
    days: 3,
    abroad: true,
    settings: key,
  },
  {
    ...carrier,
    code: 'smsaecom',
    name: 'SMSA',
    deliveryOptionId: 565,
    base: 18,
    perKm: 0.003,
    freeWeight: 15,
    extraPerKg: 2,
    codCharge: 8,
    days: 2,
    abroad: true,
  },
  {
    ...carrier,
    code: 'desertline',
    name: 'Desert Line',
    deliveryOptionId: 566,
    base: 13,
    perKm: 0.006,
    freeWeight: 10,
    extraPerKg: 1.5,
    codCharge: 5,
    days: 4,
  },
  {
    ...carrier,
    code: 'coldroute',
    name: 'Cold Route',
    deliveryOptionId: 567,
    serviceType: 'coldDelivery',
    base: 35,
    perKm: 0.02,
    freeWeight: 5,
    extraPerKg: 4,
    codCharge: 9,
    days: 1,
    reverse: false,
    settings: key,
  },
  {
    ...carrier,
    code: 'heavyhaul',
    name: 'Heavy Haul',
    deliveryOptionId: 568,
    serviceType: 'heavyAndBulky',
    base: 60,
    perKm: 0.03,
    freeWeight: 50,
    extraPerKg: 0.8,
    codCharge: 10,
    days: 5,
  },
  {
    ...carrier,
    code: 'citybullet',
    name: 'City Bullet',
    deliveryOptionId: 569,
    serviceType: 'sameDay',
    base: 22,
    perKm: 0.5,
    freeWeight: 8,
    extraPerKg: 3,
    codCharge: 6,
    days: 0,
    reach: 60,
  },
];

export function carrierOf(code: string): Carrier | undefined {
  return carriers.find((one) => one.code === code.trim().toLowerCase());
}

export interface Parcel {
  readonly from: City;
  readonly to: City;
  readonly km: number;
  /** The larger of the real and the volumetric one, kilograms. */
  readonly weight: number;
}

export function reaches(one: Carrier, { from, to, km }: Parcel): boolean {
  return (one.abroad || from.country === to.country) && km <= (one.reach ?? Number.POSITIVE_INFINITY);
}

/** SAR, to the halala. Each account has its own level: a part of up to a tenth either way, from the simulator's seed. */
export function priceOf(one: Carrier, { km, weight }: Parcel, seed: number): number {
  const level = 0.9 + seededRandom(seedOf(seed, one.code))() / 5;
  const extra = Math.max(0, Math.ceil(weight - one.freeWeight)) * one.extraPerKg;
  return Math.round((one.base + one.perKm * km + extra) * level * 100) / 100;
}

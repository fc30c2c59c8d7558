import { z } from 'zod';
import { packingStatuses } from './packing.ts';

/**
 * What the page at `/station` and the server say to each other. The page imports the types alone.
 * Times are ISO 8601 in UTC. Quantities are whole units, as OTO lists them.
 */

export const staffRoles = ['picker', 'supervisor', 'admin'] as const;
/** A picker picks and packs at their locations. A supervisor also releases claims and decides on short picks. An admin sees every location. */
export type StaffRole = (typeof staffRoles)[number];

export const shortReasons = ['missing', 'damaged', 'wrong-place', 'other'] as const;
export type ShortReason = (typeof shortReasons)[number];

/** `POST /station/api/session`. Digits of any script are taken for the PIN. */
export const signIn = z.strictObject({ name: z.string().trim().min(1).max(80), pin: z.string().trim().min(4).max(64) });

/** The answer of `POST` and `GET /station/api/session`. */
export const stationSession = z.object({
  staff: z.object({ id: z.int(), name: z.string(), role: z.enum(staffRoles) }),
  /** Those that this person may see, by OTO pickup location code. */
  locations: z.array(z.object({ code: z.string(), name: z.string().nullable() })),
  /** To be sent as `x-csrf-token` with everything that changes something. */
  csrf: z.string(),
  expiresAt: z.iso.datetime(),
  timezone: z.string(),
  /** Seconds for which a finished pick or pack waits before it goes to OTO; until then, and while it waits for OTO, it can be undone. */
  undoSeconds: z.number(),
});
export type StationSession = z.output<typeof stationSession>;

/**
 * `ready`: nobody has begun. `picking`: claimed, or partly counted. `short`: a short pick that a supervisor has to decide on.
 * `picked`, `packed`: here; whether OTO has it, `oto` says. `left`: gone from OTO's list, `why` says why.
 */
export const stationStates = ['ready', 'picking', 'short', 'picked', 'packed', 'left'] as const;
export type StationState = (typeof stationStates)[number];

/** `waiting`: not there yet, or nobody knows yet. `has`: proven. `refused`: a person has to look. `parked`: nobody can know; a person decides. */
export const deliveryStates = ['waiting', 'has', 'refused', 'parked'] as const;

export const stationOrder = z.object({
  id: z.string(),
  location: z.string(),
  state: z.enum(stationStates),
  why: z.string().nullable(),
  lines: z.int(),
  units: z.int(),
  counted: z.int(),
  /** When OTO first listed it. */
  since: z.iso.datetime(),
  claim: z.object({ staffId: z.int(), name: z.string(), since: z.iso.datetime() }).nullable(),
  /** The last thing told to OTO, null when nothing was. */
  oto: z
    .object({
      status: z.enum(packingStatuses),
      state: z.enum(deliveryStates),
      reason: z.string().nullable(),
      undoable: z.boolean(),
    })
    .nullable(),
  /** The same of the ERP; `unmatched`: the ERP knows no such order. */
  erp: z.object({ state: z.enum([...deliveryStates, 'unmatched']), reason: z.string().nullable() }).nullable(),
  /** What OTO reported of its shipment, for people. */
  problem: z.string().nullable(),
  /** What OTO changed in it after somebody had begun to pick it, for people; counts that no longer fit were taken back. */
  changed: z.string().nullable(),
  /** Grows with every change: what has a lower one is older. */
  version: z.int(),
});
export type StationOrder = z.output<typeof stationOrder>;

export const stationItem = z.object({
  sku: z.string(),
  name: z.string(),
  quantity: z.int(),
  counted: z.int(),
  short: z.object({ reason: z.enum(shortReasons), note: z.string().nullable(), by: z.string() }).nullable(),
  /** What a scanner may read off it: its SKU and barcodes. */
  codes: z.array(z.string()),
});
export type StationItem = z.output<typeof stationItem>;

/** `GET /station/api/orders/:id`. */
export const stationOrderDetail = stationOrder.extend({
  items: z.array(stationItem),
  history: z.array(z.object({ at: z.iso.datetime(), by: z.string(), type: z.string(), detail: z.string().nullable() })),
});
export type StationOrderDetail = z.output<typeof stationOrderDetail>;

/**
 * `open`: all but packed-and-known and left ones. `ready`, `picking`, `short`, `picked`: those of this state. `claimed`: somebody works on
 * it. `trouble`: refused or parked at OTO or the ERP, unknown to the ERP, or with a problem of its shipment. `done`: packed-and-known and
 * left ones, the last one first.
 */
export const stationViews = ['open', 'ready', 'picking', 'short', 'picked', 'claimed', 'trouble', 'done'] as const;
export type StationView = (typeof stationViews)[number];

/**
 * `GET /station/api/orders?location=&view=&q=&after=&limit=`, oldest first. `q`: a part of the order's id, or the whole SKU or barcode of one
 * of its items.
 */
export const stationList = z.object({
  orders: z.array(stationOrder),
  /** What to send as `after` for the next ones. */
  next: z.string().nullable(),
  counts: z.object({
    ready: z.int(),
    picking: z.int(),
    short: z.int(),
    picked: z.int(),
    /** Told to OTO, and not known to be there. */
    waiting: z.int(),
    /** Refused or parked: for a person. */
    trouble: z.int(),
  }),
  /** When OTO's list of this location was last read; null: never. */
  readAt: z.iso.datetime().nullable(),
  /** Position in the stream of events as of which this list is true. */
  cursor: z.string(),
});
export type StationList = z.output<typeof stationList>;

/** PostgreSQL keeps neither a NUL nor half a character: what holds one could never be stored, however often it is sent. */
const storable = z.string().refine((text) => !text.includes('\0') && text.isWellFormed(), 'cannot be stored');

const actionBase = {
  /** Made by the device. The same id twice has one effect, and the same answer. */
  id: z.uuid(),
  order: storable.min(1).max(200),
  /** The device's clock, for the record alone. */
  at: z.iso.datetime(),
};
const sku = storable.min(1).max(255);

/** One thing that somebody did. */
export const stationAction = z.discriminatedUnion('type', [
  z.strictObject({ ...actionBase, type: z.literal('claim') }),
  z.strictObject({ ...actionBase, type: z.literal('release') }),
  /** Adds to what was counted; more than was ordered is refused. */
  z.strictObject({ ...actionBase, type: z.literal('scan'), sku, quantity: z.int().min(1).max(100_000) }),
  /** Sets what was counted. Takes back a short pick of the line. */
  z.strictObject({ ...actionBase, type: z.literal('count'), sku, counted: z.int().min(0).max(1_000_000) }),
  z.strictObject({
    ...actionBase,
    type: z.literal('short'),
    sku,
    reason: z.enum(shortReasons),
    note: storable.trim().max(500).optional(),
  }),
  /** All is counted: picked. With short lines: `short`, until a supervisor decides. */
  z.strictObject({ ...actionBase, type: z.literal('pick') }),
  /** A supervisor lets a short pick go to OTO as picked. */
  z.strictObject({ ...actionBase, type: z.literal('approve') }),
  /** A supervisor gives a short pick back to be picked. */
  z.strictObject({ ...actionBase, type: z.literal('reopen') }),
  z.strictObject({ ...actionBase, type: z.literal('pack') }),
  /** Takes back the last pick or pack, as long as OTO has not been told. */
  z.strictObject({ ...actionBase, type: z.literal('undo') }),
]);
export type StationAction = z.output<typeof stationAction>;
export type StationActionType = StationAction['type'];

/** `POST /station/api/actions`: carried out in this order, each by itself. */
export const stationActions = z.strictObject({ actions: z.array(stationAction).min(1).max(100) });

/** Why an action had no effect. Nothing of it was kept but the record that it was tried. */
export const stationRefusals = [
  'order-unknown', // or at another location
  'order-left',
  'claimed', // by somebody else
  'not-claimed',
  'not-in-order',
  'surplus',
  'incomplete', // neither counted nor short
  'needs-supervisor',
  'wrong-state',
  'too-late', // OTO has been told
] as const;
export type StationRefusal = (typeof stationRefusals)[number];

export const stationResult = z.object({
  id: z.uuid(),
  result: z.enum(['done', 'refused']),
  refusal: z.enum(stationRefusals).nullable(),
  /** In English, for the log; the page has its own words for each refusal. */
  message: z.string().nullable(),
  /** As it is now; null where this person may not see it. */
  order: stationOrderDetail.nullable(),
});
export type StationResult = z.output<typeof stationResult>;

export const stationResults = z.object({ results: z.array(stationResult) });

/**
 * `GET /station/api/events?location=&after=` is a stream of server-sent events; each has a cursor as its id, and `after`, or `Last-Event-ID` where a
 * browser sends it, goes on behind it.
 * `order`: one has changed (data: stationOrder). `list`: read it again (data: {}), also where the stream cannot go on behind a cursor.
 * A comment at least every 15 seconds says that the stream lives.
 */
export const stationEvents = ['order', 'list'] as const;

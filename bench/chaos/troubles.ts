/** What goes wrong: fault rules of the simulator, drawn anew for each spell of weather, and when workers and servers are struck. */
import { crashPoints } from '../../src/lib/crash-point.ts';
import type { FaultInput } from '../../src/simulator/index.ts';
import { seededRandom, seedOf } from '../../src/simulator/random.ts';
import type { SwitchValues } from '../../src/simulator/switches.ts';

const reads = [
  'checkInventoryStock',
  'productList',
  'orders',
  'orderDetails',
  'getPackingOrders',
  'getPickupLocationList',
  'refreshToken',
] as const;
const writes = ['updateStockQuantity', 'createProduct', 'createInventoryOrder', 'updatePackingStatus'] as const;

/** Shorter than the time that a call may take: one that is given up has had its effect by then, or never will. */
const longestLatencyMs = 700;
/** Shorter than the bridge's settle time, which is what it promises to wait for. */
const staleMs = 150;

/** A shape of a rule, and how often it strikes at most. */
type Shape<Fault = FaultInput> = Fault extends FaultInput
  ? Omit<Fault, 'id' | 'endpoint' | 'probability' | 'seed'>
  : never;
type Draw = readonly [share: number, fault: Shape];

const spoiled: readonly Draw[] = [
  [0.02, { kind: 'resetBefore' }],
  [0.02, { kind: 'resetAfter' }],
  [0.012, { kind: 'hangBefore' }],
  [0.012, { kind: 'hangAfter' }],
  [0.02, { kind: 'status500', effect: true }],
  [0.02, { kind: 'status500', effect: false }],
  [0.02, { kind: 'status503', effect: true }],
  [0.02, { kind: 'status503', effect: false }],
  [0.02, { kind: 'truncatedJson' }],
  [0.015, { kind: 'coded', code: 'OTO1009', effect: true }],
  [0.015, { kind: 'coded', code: 'OTO1009', effect: false }],
];

const harmless: readonly Draw[] = [
  [0.05, { kind: 'wrongContentType' }],
  [0.1, { kind: 'errorForm', form: 'old' }],
  [0.1, { kind: 'errorForm', form: 'new' }],
  [0.15, { kind: 'latency', ms: 60 }],
  [0.03, { kind: 'latency', ms: longestLatencyMs }],
];

/** A lost answer to one of these costs a person's time. */
const forPersons = 0.5;
/** The most frequent call, and the cheapest to find out about. */
const forFigures = 1.5;

/** The rules of one spell. The kind stands before the slash of each id, so that the simulator's log tells what was injected. */
export function weather(seed: number, spell: number): FaultInput[] {
  const random = seededRandom(seedOf(seed, `weather ${spell}`));
  const rules: FaultInput[] = [];
  const add = (endpoint: FaultInput['endpoint'], fault: object, how: object) => {
    const { kind } = fault as { kind: string };
    const id = `${kind}/${spell}.${rules.length}`;
    rules.push({ ...fault, ...how, id, endpoint, seed: seedOf(seed, id) } as FaultInput);
  };
  for (const endpoint of [...writes, ...reads]) {
    const weight =
      endpoint === 'createInventoryOrder' ? forPersons : endpoint === 'updateStockQuantity' ? forFigures : 1;
    for (const [share, fault] of [...spoiled, ...harmless]) {
      // On a read, an effect is no matter; a read that hangs holds up a whole run.
      const isRead = (reads as readonly string[]).includes(endpoint);
      if (isRead && 'effect' in fault && fault.effect === true) continue;
      const most = isRead && fault.kind.startsWith('hang') ? share / 3 : share;
      add(endpoint, fault, { probability: Math.round(random() * 1.6 * most * weight * 10_000) / 10_000 });
    }
  }
  add('checkInventoryStock', { kind: 'staleRead', ms: staleMs }, { probability: 0.1 });
  add('*', { kind: 'tokenRevoked' }, { probability: 0.002 });
  // Each of these slows down everything, or stops it until it is probed: a few in each spell.
  const one = (list: readonly FaultInput['endpoint'][]) => list[Math.floor(random() * list.length)] ?? '*';
  add(
    one([...writes, ...reads]),
    { kind: 'status429', retryAfterSeconds: 1 },
    { after: Math.floor(random() * 30), count: 2 },
  );
  add(one([...writes, 'checkInventoryStock']), { kind: 'oto1143' }, { after: Math.floor(random() * 30), count: 2 });
  add(one([...writes, 'checkInventoryStock']), { kind: 'forbidden' }, { after: Math.floor(random() * 30), count: 1 });
  // What ends a call comes after what only changes it: an ending strikes last, and then nothing else is asked.
  const modifiers = ['latency', 'staleRead', 'errorForm', 'wrongContentType'];
  return rules.toSorted((a, b) => Number(!modifiers.includes(a.kind)) - Number(!modifiers.includes(b.kind)));
}

export const actions = [
  'kill',
  'pause',
  'ambush',
  'restart',
  'revoke',
  'outage',
  'weather',
  'customers',
  'staff',
] as const;
export type Action = (typeof actions)[number];

export interface Due {
  /** Once so many operations have been planned. */
  readonly at: number;
  readonly action: Action;
}

/** Operations for each time that something happens, and how often it happens at least. */
const strides: Readonly<Record<Action, readonly [operations: number, least: number]>> = {
  kill: [120, 4],
  pause: [250, 2],
  ambush: [400, 3],
  restart: [1500, 1],
  revoke: [1200, 1],
  outage: [1200, 1],
  weather: [300, 3],
  customers: [60, 4],
  staff: [500, 2],
};

/** What happens during a run of so many operations, in order: the seed alone decides. */
export function schedule(seed: number, operations: number): Due[] {
  const random = seededRandom(seedOf(seed, 'schedule'));
  return actions
    .flatMap((action) => {
      const [stride, least] = strides[action];
      const times = Math.max(least, Math.ceil(operations / stride));
      return Array.from({ length: times }, (_, index) => ({
        at: Math.floor(((index + random() * 0.9) / times) * operations),
        action,
      }));
    })
    .sort((a, b) => a.at - b.at);
}

/** Where a worker kills itself: everywhere. Where it stops: anywhere but between the last look at the clock and the write to the socket. */
const stopPoints = [
  'claim:committed',
  'send:before',
  'send:answered',
  'settle:before',
  'prove:claimed',
  'prove:looked',
];

/** How the next worker is to end or to stop of itself, as the bridge's own crash points take it; undefined: not at all. */
export function crashOf(random: () => number): string | undefined {
  const chance = random();
  const nth = 1 + Math.floor(random() ** 2 * 12);
  const pick = (list: readonly string[]) => list[Math.floor(random() * list.length)] ?? '';
  if (chance < 0.4) return `${pick(crashPoints)}#${nth}`;
  return chance < 0.65 ? `${pick(stopPoints)}#${nth}!stop` : undefined;
}

/** What OTO's documents leave open and either side of which must make no difference here, drawn by the seed. */
const openQuestions = {
  errorForm: ['old', 'both', 'new'],
  expiredToken: ['gateway', 'coded'],
  badRefreshToken: ['coded400', 'gateway401', 'empty403'],
  rateLimitAnswer: ['coded400', 'coded429', 'coded200', 'plain429'],
  duplicateSku: ['errorCode14', 'OTO1126', 'OTO1009', 'conflict', 'update'],
  figuresAsText: [true, false],
  // Half of what the bridge waits for before it proves anything.
  readLagMs: [0, 150],
  unknownSkuInRead: ['absent', 'empty'],
  stockWithoutLocation: [true, false],
  forecastIncludesInventoryOrders: [true, false],
  duplicateWaybill: ['accept', 'refuse', 'same'],
  pickedStaysInPackingList: [true, false],
  packedStaysInPackingList: [true, false],
  packingHistory: ['shown', 'absent'],
} as const satisfies Partial<Readonly<Record<keyof SwitchValues, readonly unknown[]>>>;

export function switchesOf(seed: number): Record<string, unknown> {
  const random = seededRandom(seedOf(seed, 'switches'));
  return Object.fromEntries(
    Object.entries(openQuestions).map(([name, sides]) => [name, sides[Math.floor(random() * sides.length)]]),
  );
}

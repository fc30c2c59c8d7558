import fc from 'fast-check';
import { type SwitchName, type SwitchValues, switchTable } from '../../src/simulator/index.ts';
import type { stories, Tree } from './switch-stories.ts';

export type StoryName = keyof typeof stories;

interface Touch {
  readonly stories: readonly StoryName[];
  /** What brings the question up: other switches, and the bridge's configuration. */
  readonly beside?: Partial<SwitchValues>;
  readonly config?: Tree;
  /** For a switch whose values are not listed. */
  readonly values?: readonly unknown[];
  /** What it starts with is a story of its own, beside the others. */
  readonly initial?: true;
}

const refusing = { firstSet: 'refuse', unknownSkuInRead: 'refuse', duplicateWaybill: 'refuse' } as const;

const webhooksAside =
  'no flow asks for webhooks, and an event has no effect but a read: test/engine/webhooks.test.ts tries them';

const notCalled = 'the flows call no endpoint that this is about';
const planAside = 'a plan that lacks a family pauses it, as the fault rule forbidden does: test/chaos/pause.test.ts';
/** Without a part in any story, so that a new one changes no combination. */
const aside: readonly unknown[] = [notCalled, planAside, webhooksAside];

/** Which stories bring up the question of each switch, or why no flow ever meets it. A new switch without a line here fails the tests. */
export const touched: { readonly [Name in SwitchName]: Touch | string } = {
  webhookAuthorization: webhooksAside,
  shipmentErrorSigns: webhooksAside,
  newOrdersSigns: webhooksAside,
  newOrdersAt: webhooksAside,
  packingTold: webhooksAside,
  webhookListsType: webhooksAside,
  deliveriesAgain: webhooksAside,
  deliveryRetries: webhooksAside,
  deliveryDelayMs: webhooksAside,
  deliveryOrder: webhooksAside,
  errorForm: { stories: ['goods', 'packing'], beside: { ...refusing, packingSteps: 'inOrder' }, initial: true },
  // A read that is answered with 500 is tried for a minute, so the refused read is left out here.
  refusalStatus: {
    stories: ['goods', 'packing'],
    beside: { firstSet: 'refuse', duplicateWaybill: 'refuse', packingSteps: 'inOrder' },
  },
  rateLimitAnswer: { stories: ['goods', 'tokens'] },
  duplicateSku: { stories: ['level'] },
  taxAmount: { stories: ['level'] },
  productCount: { stories: ['level'], config: { oto: { productPageSize: 2 } }, initial: true },
  largestPage: { stories: ['level'], beside: { pageTooLarge: 'cap' }, values: [2, 3] },
  pageTooLarge: {
    stories: ['level'],
    config: { oto: { productPageSize: 1000 } },
  },
  pagePastEnd: { stories: ['level'], config: { oto: { productPageSize: 2 } } },
  unknownSkuInRead: { stories: ['level'] },
  skusPerCall: { stories: ['level'], beside: { tooManySkus: 'cut' }, values: [1, 3] },
  tooManySkus: { stories: ['level'], beside: { skusPerCall: 2 } },
  stockWithoutLocation: { stories: ['level'] },
  figuresAsText: { stories: ['level'] },
  quantityForm: { stories: ['goods'] },
  stockLocationFilter: 'the flows read all locations of a SKU at once and never filter',
  globalStockForm: 'the flows never call checkGlobalStock: it has no figures of locations',
  firstSet: { stories: ['goods'] },
  negativeSet: { stories: ['level'] },
  forecastIncludesInventoryOrders: { stories: ['goods'] },
  duplicateWaybill: { stories: ['goods'] },
  unknownSkuInInventoryOrder: { stories: ['goods'] },
  inventoryOrderStock: { stories: ['goods'] },
  onHandFallsAt: { stories: ['sold'] },
  pickedStaysInPackingList: { stories: ['packing'] },
  packedStaysInPackingList: { stories: ['packing'] },
  packingListStarts: { stories: ['packing'] },
  unknownWarehouse: { stories: ['packing'], beside: { packingOfBranch: 'refuse' } },
  packingOfBranch: { stories: ['packing'] },
  packingHistory: { stories: ['packing'], beside: { packingSteps: 'inOrder' } },
  orderStatusFollowsPacking: { stories: ['packing'] },
  packingSteps: { stories: ['packing'] },
  modifiedDate: 'the bridge never sends modifiedDate: it reads the dates of the rows themselves',
  ordersPaging: { stories: ['sold'] },
  orderRows: { stories: ['sold'] },
  locationDates: { stories: ['packing'] },
  orderTimezone: { stories: ['sold'], values: ['Asia/Riyadh'] },
  // A plan takes what it reads for true, so a lag in it is a story of its own: test/engine/lag.test.ts.
  readLagMs: 'what the prover does about it is told in the tests of the prover',
  rotatesRefreshToken: { stories: ['tokens'] },
  newTokenEndsOld: { stories: ['tokens'] },
  parallelRefresh: { stories: ['tokens'] },
  badRefreshToken: { stories: ['tokens'] },
  expiredToken: { stories: ['tokens'] },
  plan: planAside,
  repeatedOrder: notCalled,
  lateRepeat: notCalled,
  pickedUpNeedsShipment: notCalled,
  shipmentOutcome: notCalled,
  returnOrder: notCalled,
  returnedGoods: notCalled,
  duplicateLocation: notCalled,
  brandAnswer: notCalled,
  creditList: notCalled,
  clientCredit: notCalled,
  carrierListMethod: notCalled,
};

export interface Side {
  readonly name: string;
  readonly story: StoryName;
  readonly switches: Partial<SwitchValues>;
  readonly config?: Tree | undefined;
}

/** The values of a switch, as its own table lists them. */
export function valuesOf(name: SwitchName): readonly unknown[] {
  const { schema, behaviours, initial } = switchTable[name];
  const listed = Object.keys(behaviours);
  if (listed.some((value) => value.startsWith('<'))) {
    const touch = touched[name];
    return [initial, ...(typeof touch === 'string' ? [] : (touch.values ?? []))];
  }
  return schema.type === 'boolean' ? listed.map((value) => value === 'true') : listed;
}

/** Every value of every switch in every story that meets it; what OTO is taken to do otherwise, once. */
export function sides(...only: readonly StoryName[]): Side[] {
  const plain = only.map((story): Side => ({ name: `${story}: nothing special`, story, switches: {} }));
  const rest = (Object.keys(touched) as SwitchName[]).flatMap((name) => {
    const touch = touched[name];
    if (typeof touch === 'string') return [];
    return valuesOf(name)
      .filter((value) => value !== switchTable[name].initial || touch.initial === true)
      .flatMap((value) =>
        touch.stories
          .filter((story) => only.includes(story))
          .map(
            (story): Side => ({
              name: `${story}: ${name} ${String(value)}`,
              story,
              switches: { ...touch.beside, [name]: value },
              config: touch.config,
            }),
          ),
      );
  });
  return [...plain, ...rest];
}

/** Values for all switches at once, of those that let a run end in a test's time. */
export function combination(): fc.Arbitrary<Partial<SwitchValues>> {
  const names = (Object.keys(touched) as SwitchName[]).filter((name) => !aside.includes(touched[name]));
  const values = Object.fromEntries(names.map((name) => [name, fc.constantFrom(...valuesOf(name))]));
  return fc.record(values).map((drawn) => {
    const all = drawn as SwitchValues;
    // A read that OTO refuses as if it had failed is tried for a minute before the run gives up.
    const unhurt = {
      unknownSkuInRead: 'absent',
      pagePastEnd: 'empty',
      tooManySkus: 'cut',
      packingOfBranch: 'list',
      // Nor is it told from a failure that a quantity has the wrong form.
      quantityForm: 'any',
    } as const;
    const readable = all.refusalStatus === 'server500' ? unhurt : {};
    // Pages smaller than the documented default that OTO refuses to enlarge leave nothing to read the list with.
    const pages = all.pageTooLarge === 'refuse' ? { largestPage: 100 } : {};
    return { ...all, ...readable, ...pages };
  });
}

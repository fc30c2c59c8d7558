import { z } from 'zod';
import { BridgeError } from '../lib/errors.ts';
import { simulatorErrors } from './errors.ts';

/**
 * What no source says about OTO, each as a switch with its behaviours. `source` names the documents of OTO
 * that leave the question open; the default is the side that the sources make more likely.
 */
function choice<const V extends string>(
  initial: NoInfer<V>,
  source: string,
  question: string,
  behaviours: Readonly<Record<V, string>>,
) {
  return {
    schema: z.enum(Object.keys(behaviours) as [V, ...V[]]),
    initial: initial as V,
    source,
    question,
    behaviours,
  };
}

function flag(
  initial: boolean,
  source: string,
  question: string,
  behaviours: { readonly true: string; readonly false: string },
) {
  return { schema: z.boolean(), initial, source, question, behaviours };
}

function isTimeZone(zone: string): boolean {
  try {
    new Intl.DateTimeFormat('en', { timeZone: zone });
    return true;
  } catch {
    return false;
  }
}

export const switchTable = {
  errorForm: choice(
    'both',
    "OTO's documents on error answers: they contradict each other",
    'Which generation of error bodies is answered?',
    {
      old: '{success:false, errorCode:<int>, errorMsg}: the captures of 2023',
      both: 'old and new fields together: the captures of 2025 and 2026',
      new: '{success:false, otoErrorCode, otoErrorMessage}: the examples of the 2026 documents',
    },
  ),
  duplicateSku: choice(
    'errorCode14',
    "OTO's documents on product endpoints: they contradict each other",
    'What does createProduct answer for a SKU that exists?',
    {
      errorCode14: 'HTTP 400, old form, errorCode 14: captured in 2023',
      OTO1126: 'HTTP 400, new form, OTO1126: the nearest code of the 2026 table',
    },
  ),
  taxAmount: choice(
    'optional',
    "OTO's documents on product endpoints: they contradict each other",
    'Is taxAmount required by createProduct?',
    {
      optional: 'as the parameter table says',
      required: 'OTO1129 without it, as the error table says',
    },
  ),
  productCount: choice(
    'total',
    "OTO's documents on product endpoints: they do not say",
    'What is productCount of productList?',
    {
      total: 'the number of products of the account',
      page: 'the number of rows of the page',
    },
  ),
  unknownSkuInRead: choice(
    'absent',
    "OTO's documents on stock endpoints: they do not say",
    'What does a stock read answer for a SKU without figures?',
    {
      absent: 'the key is missing',
      empty: 'the key holds an empty list',
      refuse:
        'HTTP 400, OTO1126, for the whole call if the SKU does not exist; an empty list if it exists without stock',
    },
  ),
  firstSet: choice(
    'create',
    "OTO's documents on stock endpoints: they do not say",
    'What does the first set or adjust of a SKU at a location do?',
    {
      create: 'makes the inventory row',
      refuse: 'HTTP 400, OTO1134: only inbound orders and imports make rows',
    },
  ),
  negativeSet: choice(
    'accept',
    "OTO's documents on stock endpoints: they do not say",
    'May updateStockQuantity leave a negative figure on hand?',
    {
      accept: 'yes: negative figures stand in captures',
      refuse: 'HTTP 400, OTO1135',
    },
  ),
  forecastIncludesInventoryOrders: flag(
    true,
    "OTO's documents on help centre on inventory: they do not say",
    'Do open inventory orders move quantityForecasted?',
    {
      true: 'on hand - reserved + incoming - outgoing',
      false: 'on hand - reserved',
    },
  ),
  duplicateWaybill: choice(
    'accept',
    "OTO's documents on createInventoryOrder: they do not say",
    'What does createInventoryOrder do with a waybillNumber it has seen?',
    {
      accept: 'makes a second order',
      refuse: 'HTTP 400, OTO1063',
    },
  ),
  unknownSkuInInventoryOrder: choice(
    'refuse',
    "OTO's documents on createInventoryOrder: they do not say",
    'What does an unknown SKU among the items do?',
    {
      refuse: 'HTTP 400, OTO1126, nothing is made',
      skip: 'the line is left out with a warning, the order is made of the rest',
    },
  ),
  onHandFallsAt: choice(
    'shipped',
    "OTO's documents on packing endpoints and help centre on inventory: they do not say",
    'At which status of a customer order does on hand fall?',
    {
      picked: 'when it is picked',
      packed: 'when it is packed',
      shipped: 'when it is shipped (pickedUp)',
    },
  ),
  pickedStaysInPackingList: flag(
    true,
    "OTO's documents on packing endpoints: they do not say",
    'Does getPackingOrders still list a picked order?',
    {
      true: 'until it is packed',
      false: 'only orders that nobody has picked',
    },
  ),
  packingSteps: choice(
    'any',
    "OTO's documents on packing endpoints: they do not say",
    'Which steps does updatePackingStatus take?',
    {
      any: 'a repeat is answered as done, packed without picked is taken, going back is refused (OTO1103)',
      inOrder: 'ready, picked, packed, each once; anything else is refused (OTO1103)',
    },
  ),
  modifiedDate: choice(
    'since',
    "OTO's documents on order endpoints: they do not say",
    'What does the modifiedDate filter of orders mean?',
    {
      since: 'modified at or after it',
      day: 'modified on that day',
    },
  ),
  orderTimezone: {
    schema: z.string().refine(isTimeZone, 'is not a time zone that this machine knows, such as UTC or Asia/Riyadh'),
    initial: 'UTC',
    source: "OTO's documents on order endpoints: they do not say",
    question: 'In which time zone are the dates of orders?',
    behaviours: { '<IANA name>': 'dates are written and filtered in that zone' },
  },
  rotatesRefreshToken: flag(
    false,
    "OTO's documents on authorization: they do not say",
    'Does refreshToken answer another refresh token?',
    {
      true: 'each call answers a new one, and the one before stops working',
      false: 'the same one is echoed',
    },
  ),
  newTokenEndsOld: flag(
    false,
    "OTO's documents on authorization: they do not say",
    'Does a new access token end the ones before it?',
    {
      true: 'only the newest access token works',
      false: 'each works until it expires',
    },
  ),
};

type Table = typeof switchTable;
export type SwitchName = keyof Table;
export type SwitchValues = { [K in SwitchName]: z.output<Table[K]['schema']> };
const switchNames = Object.keys(switchTable) as SwitchName[];

const partialSwitches = z.strictObject(
  Object.fromEntries(switchNames.map((name) => [name, (switchTable[name].schema as z.ZodType).optional()])),
);

function initialValues(): SwitchValues {
  return Object.fromEntries(switchNames.map((name) => [name, switchTable[name].initial])) as SwitchValues;
}

export interface Switches {
  /** The values as they are now; read at every use, so a change holds from the next call on. */
  readonly values: Readonly<SwitchValues>;
  /** Changes the given switches; throws SIMULATOR_INPUT and changes none when one of them is unknown or has a wrong value. */
  set(change: Partial<SwitchValues>): void;
  /** Back to what the simulator was started with. */
  reset(): void;
}

export function createSwitches(start: Partial<SwitchValues> = {}): Switches {
  const values = initialValues();
  const set = (change: Partial<SwitchValues>): void => {
    const parsed = partialSwitches.safeParse(change);
    if (!parsed.success) {
      throw new BridgeError(simulatorErrors.SIMULATOR_INPUT, {
        message: `These switches cannot be set: ${z.prettifyError(parsed.error)}`,
        hint: 'GET /_simulator/switches lists every switch with its values.',
      });
    }
    Object.assign(values, parsed.data);
  };
  set(start);
  return {
    values,
    set,
    reset: () => {
      Object.assign(values, initialValues());
      set(start);
    },
  };
}

/** Every switch with its value, question, behaviours and source: the answer of `GET /_simulator/switches`. */
export function describeSwitches(values: Readonly<SwitchValues>): Record<string, unknown> {
  return Object.fromEntries(
    switchNames.map((name) => {
      const { question, behaviours, source, initial } = switchTable[name];
      return [name, { value: values[name], default: initial, question, behaviours, source }];
    }),
  );
}

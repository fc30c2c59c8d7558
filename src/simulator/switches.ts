import { z } from 'zod';
import { BridgeError } from '../lib/errors.ts';
import { simulatorErrors } from './errors.ts';
import { switchTable } from './switch-table.ts';

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

import type { Deliveries } from './deliveries.ts';
import type { Faults } from './faults.ts';
import type { RequestLog } from './request-log.ts';
import type { SeedInput } from './seed.ts';
import type { Staff } from './staff.ts';
import type { State, World } from './state.ts';
import type { Switches } from './switches.ts';
import type { Tokens } from './tokens.ts';

/** Everything that a test, the demo or an admin route may do with a running simulator besides calling its API. */
export interface Controls {
  readonly world: World;
  /** The account, live. To be read; `seed` and `staff` change it. */
  readonly state: State;
  readonly requests: RequestLog;
  readonly faults: Faults;
  readonly switches: Switches;
  readonly staff: Staff;
  readonly tokens: Tokens;
  readonly deliveries: Deliveries;
  /** Adds products, stock, locations, orders. Throws SIMULATOR_INPUT. */
  seed(input: SeedInput): void;
  /** An empty account with the locations, switches and working refresh token of the start; no faults, no request log. */
  reset(): void;
  /** Refuses connections for so many seconds and then listens on the same port again, the account unchanged. */
  beginOutage(seconds: number): void;
}

import type { Logger } from 'pino';
import { messageOf } from '../lib/errors.ts';
import { createAdmin } from './admin.ts';
import { createApi } from './api.ts';
import type { Controls } from './controls.ts';
import { createDeliveries } from './deliveries.ts';
import { Faults } from './faults.ts';
import { listen } from './listener.ts';
import { RequestLog } from './request-log.ts';
import { type SeedInput, seedState } from './seed.ts';
import { createStaff } from './staff.ts';
import { type LocationInput, State, type World } from './state.ts';
import { loadState, saveState } from './state-file.ts';
import { createSwitches, type SwitchValues } from './switches.ts';
import { defaultRefreshToken, Tokens } from './tokens.ts';

export const defaultLocations: readonly LocationInput[] = [
  { code: 'RUH1', name: 'Riyadh Warehouse', kind: 'warehouse', city: 'Riyadh' },
  { code: 'JED1', name: 'Jeddah Warehouse', kind: 'warehouse', city: 'Jeddah' },
  { code: 'DMM1', name: 'Dammam Warehouse', kind: 'warehouse', city: 'Dammam' },
  { code: 'OLAYA', name: 'Olaya Branch', kind: 'branch', city: 'Riyadh' },
];

export interface SimulatorOptions {
  readonly host?: string | undefined;
  /** 0 takes a free one. */
  readonly port?: number | undefined;
  /** For the fault rules that have no seed of their own, and for prices. */
  readonly seed?: number | undefined;
  /** The refresh tokens that are accepted. */
  readonly refreshTokens?: readonly string[] | undefined;
  readonly tokenLifetimeSeconds?: number | undefined;
  /** Locations of an account that is not loaded from a file. */
  readonly locations?: readonly LocationInput[] | undefined;
  readonly switches?: Partial<SwitchValues> | undefined;
  /** Loaded at start if it is there, written by `close`. */
  readonly stateFile?: string | undefined;
  readonly log?: Pick<Logger, 'info' | 'error'> | undefined;
  /** Epoch milliseconds. */
  readonly now?: (() => number) | undefined;
}

export interface Simulator extends Controls, AsyncDisposable {
  /** `http://127.0.0.1:1234`; admin routes are under `/_simulator/`. */
  readonly url: string;
  /** The base URL for a client, with a slash at its end. */
  readonly baseUrl: string;
  readonly port: number;
  /** As `beginOutage`; resolves when it listens again. */
  outage(seconds: number): Promise<void>;
  /** Cuts all connections, frees the port and writes the state file. */
  close(): Promise<void>;
}

/**
 * Starts a stateful OTO over HTTP on the local machine. Throws SIMULATOR_PORT, SIMULATOR_STATE_FILE, SIMULATOR_INPUT (an unknown
 * switch) or SIMULATOR_NO_HANDLER.
 */
export async function startSimulator(options: SimulatorOptions = {}): Promise<Simulator> {
  const now = options.now ?? (() => performance.timeOrigin + performance.now());
  const state = new State(now);
  const switches = createSwitches(options.switches);
  const seed = options.seed ?? 1;
  const world: World = { state, switches, now, seed };
  const tokens = new Tokens(options.refreshTokens ?? [defaultRefreshToken], options.tokenLifetimeSeconds ?? 3600, now);
  const faults = new Faults(seed);
  const requests = new RequestLog();
  const deliveries = createDeliveries(world);
  const placeLocations = (): void => {
    for (const location of options.locations ?? defaultLocations) state.addLocation(location, now());
  };
  const { stateFile, log } = options;
  const loaded = stateFile !== undefined && (await loadState(stateFile, state, tokens));
  if (!loaded) placeLocations();

  const controls: Controls = {
    world,
    state,
    requests,
    faults,
    switches,
    tokens,
    deliveries,
    staff: createStaff(world),
    seed: (input: SeedInput) => seedState(world, input),
    reset: () => {
      state.clear();
      placeLocations();
      switches.reset();
      faults.clear();
      requests.clear();
      deliveries.clear();
      tokens.restore();
    },
    beginOutage: (seconds) => {
      outage(seconds).catch((error: unknown) => {
        log?.error({ error: messageOf(error) }, 'the simulator could not take its port back after an outage');
      });
    },
  };
  const host = options.host ?? '127.0.0.1';
  const api = createApi({ world, tokens, faults, log: requests });
  const listener = await listen({ host, port: options.port ?? 0, api, admin: createAdmin(controls) });
  const url = `http://${host.includes(':') ? `[${host}]` : host}:${listener.port}`;
  log?.info({ url, products: state.products.size }, 'the simulator listens');

  async function outage(seconds: number): Promise<void> {
    log?.info({ seconds }, 'the simulator refuses connections');
    await listener.outage(seconds);
    log?.info({ url }, 'the simulator listens again');
  }

  let closing: Promise<void> | undefined;
  async function shut(): Promise<void> {
    await listener.close();
    await deliveries.close();
    if (stateFile !== undefined) await saveState(stateFile, state, tokens);
  }
  const close = (): Promise<void> => {
    closing ??= shut();
    return closing;
  };

  return {
    ...controls,
    url,
    baseUrl: `${url}/rest/v2/`,
    port: listener.port,
    outage,
    close,
    [Symbol.asyncDispose]: close,
  };
}

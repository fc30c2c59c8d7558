import { createCipheriv, createDecipheriv, hkdfSync, randomBytes } from 'node:crypto';
import { hostname } from 'node:os';
import type { Dispatcher } from 'undici';
import { type LoadedConfig, loadConfig } from './config/load.ts';
import { guarded } from './connector/guard.ts';
import { loadDefinition } from './connector/registry.ts';
import type { Connector, ConnectorDefinition } from './connector/types.ts';
import { bindOrCompare, otherAccount, requireAccount } from './engine/account.ts';
import { startAlerts } from './engine/alerts.ts';
import type { Bridge } from './engine/context.ts';
import { openJobs } from './jobs/jobs.ts';
import { cleanError } from './lib/clean.ts';
import { createLogger, type Logger, type LogLevel } from './lib/log.ts';
import { type Network, openDispatcher } from './lib/network.ts';
import { createRedactor, type Redactor } from './lib/redact.ts';
import { type Clock, systemClock } from './lib/time.ts';
import { createOtoClient, type OtoClient, type OtoClientOptions } from './oto/index.ts';
import { getAccount, keepRefreshToken } from './store/account.ts';
import { type Database, explained, openDatabase } from './store/db.ts';
import { type EmbeddedServer, startEmbedded } from './store/embedded.ts';
import { migrate } from './store/migrate.ts';
import { sharedRate } from './store/rate.ts';
import { createSharedTokens } from './store/rate-tokens.ts';

export interface AppOptions {
  readonly configFile: string;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Who acts, where the operating system does not say it: stands in every event. */
  readonly who?: string | undefined;
  readonly logLevel?: LogLevel | undefined;
  readonly pretty?: boolean | undefined;
  /** What time it is. Default: that of this machine. */
  readonly now?: Clock | undefined;
}

/** The running bridge: everything that was started, and the one way to stop it in order. */
export interface App extends AsyncDisposable {
  readonly loaded: LoadedConfig<ConnectorDefinition>;
  readonly bridge: Bridge;
  readonly log: Logger;
  /** Knows every secret of this process. */
  readonly redactor: Redactor;
  /**
   * Makes sure that the database belongs to the account that the token opens, before anything is read or sent.
   * @throws BridgeError ACCOUNT_OTHER
   */
  requireAccount(options?: { readonly accept?: boolean }): Promise<void>;
  close(): Promise<void>;
}

/** Builds and starts the bridge. What was started is stopped again when a later part cannot start. */
export async function openApp(options: AppOptions): Promise<App> {
  const loaded = await loadConfig(options.configFile, { env: options.env, resolveConnector: loadDefinition });
  const { config } = loaded;
  const late: { oto?: OtoClient; databaseUrl?: string; sealedToken?: string; unchecked?: boolean } = {};
  const secrets = () => [
    ...loaded.secrets,
    ...(late.oto?.secrets() ?? []),
    ...(late.databaseUrl === undefined ? [] : [late.databaseUrl]),
  ];
  const log = createLogger({ level: options.logLevel ?? config.log.level, secrets, pretty: options.pretty });
  const redactor = createRedactor(secrets);
  const undo: (() => Promise<unknown>)[] = [];
  const close = async () => {
    for (const step of undo.splice(0).reverse()) {
      await step().catch((error: unknown) => log.warn({ err: error }, 'something could not be stopped in good order'));
    }
  };
  try {
    const embedded =
      config.database.url === undefined ? await startEmbedded({ dataDir: loaded.dataDir, log }) : undefined;
    if (embedded !== undefined) undo.push(() => embedded.stop());
    const url = config.database.url ?? (embedded as EmbeddedServer).url;
    late.databaseUrl = url;
    const { schema } = config.database;
    await migrate({ url, schema, log });
    const who =
      options.who ?? `${process.env.USER ?? process.env.USERNAME ?? 'user'}@${hostname()} (pid ${process.pid})`;
    const db = await openDatabase({ url, schema, applicationName: 'oto-bridge', log });
    undo.push(() => db.close());
    const jobs = await openJobs(db, log, { keepDays: config.retention.jobDays });
    undo.push(() => jobs.stop(1000));
    const tokens = await refreshTokenOf(db, config.oto.refreshToken);
    const keep = async (token: string) => {
      late.sealedToken = tokens.seal(token);
      await keepRefreshToken(db, late.sealedToken);
    };
    // The row that keeps it was not there yet, or was that of another token: without it the next start would be locked out.
    const keepSealed = async () => {
      if (late.sealedToken !== undefined) await keepRefreshToken(db, late.sealedToken);
    };
    // OTO was away when the account was to be checked: then the first token that it gives is checked before anything is called with it.
    const admit: TokenHandling['admit'] = async (identity) => {
      if (late.unchecked !== true || identity.kind === 'unavailable') return undefined;
      const other = await bindOrCompare(db, loaded, identity);
      if (other !== undefined) return otherAccount(other, loaded).message;
      late.unchecked = false;
      await keepSealed();
      return undefined;
    };
    const oto = otoClientOf(loaded, log, tokens.current, { keep, admit }, db);
    late.oto = oto;
    undo.push(() => oto.close());
    const now = options.now ?? systemClock;
    const sources = openSources(loaded, log, redactor, now);
    undo.push(() => sources.close());
    const outside = dispatcherOf(loaded.network);
    undo.push(() => outside.destroy());
    const alerts = await startAlerts({ config, db, log, redactor, dispatcher: outside });
    // A command ends soon after its run, and tells of it first: for a moment, since nobody shall wait for a receiver that hangs.
    if (alerts !== undefined) undo.push(() => alerts.close(3000));
    const bridge: Bridge = {
      config,
      mappingHash: loaded.fingerprint.mapping,
      db,
      oto,
      jobs,
      log,
      now,
      who,
      source: sources.open,
    };
    const app: App = {
      loaded,
      bridge,
      log,
      redactor,
      requireAccount: async (accountOptions) => {
        const checked = await requireAccount(bridge, loaded, accountOptions?.accept === true);
        late.unchecked = !checked;
        if (checked) await keepSealed();
      },
      close,
      [Symbol.asyncDispose]: close,
    };
    return app;
  } catch (error) {
    await close();
    throw cleanError(explained(late.databaseUrl ?? '', error), redactor);
  }
}

interface TokenHandling {
  /** Stores a refresh token that OTO gave in place of the configured one. */
  readonly keep: (token: string) => Promise<void> | void;
  readonly admit?: OtoClientOptions['admit'];
}

/** The client of the configured account. With `db` it shares the account's rate with all other processes on that database. */
export function otoClientOf(
  { config, baseUrl, network }: LoadedConfig,
  log: Logger,
  refreshToken: string,
  { keep, admit }: TokenHandling,
  db?: Database,
): OtoClient {
  const { requestsPerSecond } = config.oto;
  return createOtoClient({
    baseUrl,
    refreshToken,
    keepRefreshToken: keep,
    admit,
    requestsPerSecond,
    limiter: db && createSharedTokens({ rate: sharedRate(db), requestsPerSecond, log }),
    concurrency: config.oto.concurrency,
    timeoutMs: config.oto.timeoutSeconds * 1000,
    skusPerRead: config.oto.skusPerRead,
    urlLimit: config.oto.urlLimit,
    network,
    log,
  });
}

/** The way out for everything but OTO. */
export function dispatcherOf(network: Network): Dispatcher {
  return openDispatcher(network, { headersTimeout: 60_000, bodyTimeout: 60_000 }, 10_000);
}

/** Opens one source's connector. */
export async function openSource(
  loaded: LoadedConfig<ConnectorDefinition>,
  name: string,
  log: Logger,
  dispatcher: Dispatcher,
  redactor: Redactor,
  now: Clock = systemClock,
): Promise<{ definition: ConnectorDefinition; connector: Connector }> {
  const source = loaded.connectors.get(name);
  if (source === undefined) throw new Error(`source ${name} is not configured`);
  const { definition, options } = source;
  const context = {
    options,
    source: name,
    baseDir: loaded.baseDir,
    timezone: loaded.config.timezone,
    log: log.child({ source: name }),
    now,
    dispatcher,
  };
  try {
    return { definition, connector: guarded(await definition.open(context), redactor) };
  } catch (error) {
    throw cleanError(error, redactor);
  }
}

/** Connectors, each opened at its first use and once. */
function openSources(loaded: LoadedConfig<ConnectorDefinition>, log: Logger, redactor: Redactor, now: Clock) {
  const open = new Map<string, Promise<{ definition: ConnectorDefinition; connector: Connector }>>();
  const dispatcher = dispatcherOf(loaded.network);
  const openOne = (name: string) => openSource(loaded, name, log, dispatcher, redactor, now);
  return {
    open: (name: string) => {
      const opened = open.get(name) ?? openOne(name);
      open.set(name, opened);
      // A source that could not be opened is tried again at its next use.
      opened.catch(() => open.delete(name));
      return opened;
    },
    close: async () => {
      for (const opened of open.values()) {
        const one = await opened.catch(() => undefined);
        await one?.connector[Symbol.asyncDispose]();
      }
      await dispatcher.close();
    },
  };
}

/**
 * The refresh token to use: the one that OTO last answered with, else the configured one. It is stored encrypted with a key made
 * from the configured token, so a new configured token takes over by itself and the database alone opens nothing.
 */
export async function refreshTokenOf(db: Database, configured: string) {
  const key = Buffer.from(hkdfSync('sha256', configured, 'oto-bridge', 'refresh-token', 32));
  const seal = (token: string): string => {
    const iv = randomBytes(12);
    const cipher = createCipheriv('aes-256-gcm', key, iv);
    const sealed = Buffer.concat([cipher.update(token, 'utf8'), cipher.final()]);
    return Buffer.concat([iv, cipher.getAuthTag(), sealed]).toString('base64');
  };
  const stored = (await getAccount(db))?.refresh_token;
  if (stored === undefined || stored === null) return { current: configured, seal };
  try {
    const bytes = Buffer.from(stored, 'base64');
    const decipher = createDecipheriv('aes-256-gcm', key, bytes.subarray(0, 12));
    decipher.setAuthTag(bytes.subarray(12, 28));
    return { current: Buffer.concat([decipher.update(bytes.subarray(28)), decipher.final()]).toString('utf8'), seal };
  } catch {
    return { current: configured, seal };
  }
}

import type { Command } from 'commander';
import { dispatcherOf, openSource, otoClientOf, refreshTokenOf } from '../app.ts';
import { type LoadedConfig, loadConfig } from '../config/load.ts';
import { type FlowName, flowNames } from '../config/schema.ts';
import { loadDefinition } from '../connector/registry.ts';
import type { ConnectorDefinition } from '../connector/types.ts';
import { accountFingerprint } from '../engine/account.ts';
import { nextSlot } from '../jobs/slots.ts';
import { isBridgeError, messageOf } from '../lib/errors.ts';
import { createLogger, type Logger } from '../lib/log.ts';
import { createRedactor } from '../lib/redact.ts';
import type { CallName, OtoClient, Outcome } from '../oto/index.ts';
import { getAccount, keepRefreshToken } from '../store/account.ts';
import { type Database, openDatabase } from '../store/db.ts';
import { startEmbedded } from '../store/embedded.ts';
import { schemaState } from '../store/migrate.ts';
import { checkHttp } from './check-http.ts';
import { checkStation } from './check-station.ts';
import { checkWebhooks } from './check-webhooks.ts';
import { type CommonOptions, common, configFileOf, type ExitCode } from './frame.ts';
import { moment, print, table } from './output.ts';

interface Row {
  readonly what: string;
  readonly ok: boolean;
  readonly detail: string;
  readonly hint?: string | undefined;
}

/** The calls that each flow cannot do without, asked for with harmless reads. */
const neededReads: { readonly [Flow in FlowName]: readonly CallName[] } = {
  products: ['productList'],
  stock: ['checkInventoryStock', 'orders'],
  documents: ['checkInventoryStock'],
  packing: ['getPackingOrders'],
  'stock-back': ['productList', 'checkInventoryStock'],
};

export function registerCheck(program: Command, exit: (code: ExitCode) => void): void {
  common(program.command('check'))
    .summary('look at everything, change nothing')
    .description(
      'Configuration, database, OTO token and rights, every connector, the locations and the schedules. Nothing is written to OTO or to an ERP.',
    )
    .addHelpText('after', '\nExample:\n  oto-bridge check')
    .action(async (options: CommonOptions) => {
      const loaded = await loadConfig(configFileOf(options), { env: process.env, resolveConnector: loadDefinition });
      const late: { oto?: OtoClient } = {};
      const log = createLogger({
        level: options.logLevel ?? 'silent',
        secrets: () => [...loaded.secrets, ...(late.oto?.secrets() ?? [])],
      });
      const database = await checkDatabase(loaded, log);
      const rows: Row[] = [{ what: 'configuration', ok: true, detail: loaded.file }, database.row];
      try {
        const tokens = database.db && (await refreshTokenOf(database.db, loaded.config.oto.refreshToken));
        let lost = false;
        const keep = async (token: string) => {
          lost = !(database.db && tokens && (await keepRefreshToken(database.db, tokens.seal(token))));
        };
        late.oto = otoClientOf(loaded, log, tokens?.current ?? loaded.config.oto.refreshToken, { keep }, database.db);
        rows.push(...(await checkOto(loaded, late.oto, database.db)));
        if (lost) rows.push(lostToken);
        rows.push(...(await checkStation(loaded, database.db)));
      } finally {
        await late.oto?.close();
        await database.close();
      }
      rows.push(
        ...(await checkSources(loaded, log)),
        ...checkSchedules(loaded),
        ...(await checkHttp(loaded, Date.now())),
      );
      const ok = rows.every((row) => row.ok);
      print(options.json === true, { ok, checks: rows }, () =>
        [
          table(
            ['', 'what', 'found'],
            rows.map((row) => [row.ok ? 'ok' : 'FAILED', row.what, row.detail]),
          ),
          ...rows.filter((row) => !row.ok && row.hint !== undefined).map((row) => `${row.what}: ${row.hint}`),
        ].join('\n'),
      );
      exit(ok ? 0 : 1);
    });
}

/** A failed check, with what the error says to do. */
function failed(what: string, error: unknown): Row {
  return { what, ok: false, detail: messageOf(error), hint: isBridgeError(error) ? error.hint : undefined };
}

interface CheckedDatabase {
  readonly row: Row;
  /** Open, where its layout is there to be read. */
  readonly db?: Database;
  close(): Promise<void>;
}

async function checkDatabase(loaded: LoadedConfig, log: Logger): Promise<CheckedDatabase> {
  const { schema } = loaded.config.database;
  const undo: (() => Promise<void>)[] = [];
  const close = async () => {
    for (const step of undo.splice(0).reverse()) await step().catch(() => undefined);
  };
  try {
    let { url } = loaded.config.database;
    if (url === undefined) {
      const embedded = await startEmbedded({ dataDir: loaded.dataDir, log });
      undo.push(() => embedded.stop());
      url = embedded.url;
    }
    const db = await openDatabase({ url, schema, applicationName: 'oto-bridge check', log });
    undo.push(() => db.close());
    const { version } = await db.one<{ version: string }>("select current_setting('server_version') as version");
    const server = `PostgreSQL ${version}${loaded.config.database.url === undefined ? ', embedded' : ''}, schema ${schema}`;
    const { missing, unknown } = await schemaState(db, schema);
    if (unknown.length > 0) {
      const detail = `${server}: changed by a newer release (${unknown.join(', ')})`;
      return { row: { what: 'database', ok: false, detail, hint: 'Install the newer release again.' }, close };
    }
    if (missing.length > 0) {
      // Every command makes the layout at its start, so this is no fault.
      return { row: { what: 'database', ok: true, detail: `${server}: to be made (${missing.join(', ')})` }, close };
    }
    return { row: { what: 'database', ok: true, detail: server }, db, close };
  } catch (error) {
    await close();
    return { row: failed('database', error), close };
  }
}

const lostToken: Row = {
  what: 'refresh token',
  ok: false,
  detail: 'OTO gave another one in place of ours, and there is no bound database that could keep it',
  hint: 'If OTO refuses the configured one from now on: take a new one from OTO (Settings, API Integrations), and run `oto-bridge pull locations` before the next check. It binds the database.',
};

async function checkOto(loaded: LoadedConfig, oto: OtoClient, db: Database | undefined): Promise<Row[]> {
  const { config, baseUrl } = loaded;
  const reached = await oto.call('healthCheck', {});
  const first: Row = {
    what: 'OTO',
    ok: reached.kind === 'ok',
    detail: reached.kind === 'ok' ? `${config.oto.environment}, ${baseUrl}` : `${baseUrl}: ${reached.message}`,
    hint: 'Check oto.environment and oto.baseUrl, and the way to the internet.',
  };
  if (!first.ok) return [first];
  const identity = await oto.identity();
  if (identity.kind === 'unavailable') {
    return [
      first,
      {
        what: 'token',
        ok: false,
        detail: identity.reason,
        hint: 'Check oto.refreshToken: OTO shows it under Settings, API Integrations, Connect. A token is good for one environment only.',
      },
    ];
  }
  const token: Row = {
    what: 'token',
    ok: true,
    detail: identity.kind === 'account' ? `account ${identity.id}` : 'accepted',
  };
  return [
    first,
    token,
    ...(await checkAccount(loaded, db, accountFingerprint(loaded, identity))),
    ...(await checkRights(loaded, oto)),
    ...(await checkLocations(loaded, oto)),
    ...(await checkWebhooks(loaded, oto)),
  ];
}

/** Whether the database belongs to the account. Binds nothing. */
async function checkAccount(loaded: LoadedConfig, db: Database | undefined, fingerprint: string): Promise<Row[]> {
  if (db === undefined) return [];
  const known = await getAccount(db);
  const what = 'account';
  if (known === undefined) return [{ what, ok: true, detail: 'the database is not bound to an account yet' }];
  if (known.fingerprint === fingerprint) return [{ what, ok: true, detail: 'the one that the database belongs to' }];
  return [
    {
      what,
      ok: false,
      detail: `the database belongs to another account (${known.environment}, ${known.base_url})`,
      hint: `What the bridge knows of one account is wrong for another. Use the right token, or another database.schema for this account${known.environment === loaded.config.oto.environment ? '. If OTO gave the same account a new token: `oto-bridge adopt --account`' : ''}.`,
    },
  ];
}

async function checkRights(loaded: LoadedConfig, oto: OtoClient): Promise<Row[]> {
  const { config } = loaded;
  const needed = new Map<CallName, FlowName[]>();
  for (const flow of flowNames) {
    if (config.flows[flow]?.enabled !== true) continue;
    for (const call of neededReads[flow]) needed.set(call, [...(needed.get(call) ?? []), flow]);
  }
  const ask: { readonly [Call in CallName]?: () => Promise<Outcome<unknown>> } = {
    productList: () => oto.call('productList', { pageSize: 1, currentPage: 1 }),
    checkInventoryStock: () => oto.call('checkInventoryStock', { sku: 'oto-bridge-check' }),
    getPackingOrders: () => oto.call('getPackingOrders', { warehouseCode: config.locations[0]?.oto ?? '' }),
    orders: () => oto.call('orders', { perPage: 1, page: 1 }),
  };
  const rows: Row[] = [];
  for (const [call, flowsOf] of needed) {
    const outcome = await ask[call]?.();
    if (outcome === undefined) continue;
    // A refusal is an answer: the call is allowed, and only this question was not to OTO's taste.
    const allowed = outcome.kind === 'ok' || outcome.kind === 'refused';
    rows.push({
      what: `right: ${call}`,
      ok: allowed,
      detail: allowed ? `for ${flowsOf.join(', ')}` : outcome.message,
      hint: "Check the account's plan (stock, inventory orders and packing need the warehouse module) and the token's rights.",
    });
  }
  return rows;
}

async function checkLocations(loaded: LoadedConfig, oto: OtoClient): Promise<Row[]> {
  const answer = await oto.call('getPickupLocationList', {
    minDate: '2015-01-01',
    maxDate: new Date(Date.now() + 2 * 86_400_000).toISOString().slice(0, 10),
  });
  if (answer.kind !== 'ok')
    return [
      { what: 'locations', ok: false, detail: answer.message, hint: 'The list of pickup locations could not be read.' },
    ];
  const kinds = new Map([
    ...(answer.data.warehouses ?? []).map((row) => [row.code, 'warehouse'] as const),
    ...(answer.data.branches ?? []).map((row) => [row.code, 'branch'] as const),
  ]);
  const rows: Row[] = loaded.config.locations.map((location) => {
    const kind = kinds.get(location.oto);
    return {
      what: `location ${location.oto}`,
      ok: kind !== undefined,
      detail:
        kind === undefined
          ? 'does not exist in the OTO account'
          : `${kind} ← ${location.source}: ${location.erp.join(', ')} (stock ${location.stock}, receipts ${location.receipts}, disposals ${location.disposals})`,
      hint: `The account has: ${[...kinds.keys()].sort().join(', ') || 'none'}. Correct locations[].oto.`,
    };
  });
  const others = [...kinds.keys()].filter((code) => !loaded.config.locations.some((location) => location.oto === code));
  if (others.length > 0)
    rows.push({ what: 'other locations', ok: true, detail: `not configured, left alone: ${others.sort().join(', ')}` });
  return rows;
}

async function checkSources(loaded: LoadedConfig<ConnectorDefinition>, log: Logger): Promise<Row[]> {
  const dispatcher = dispatcherOf(loaded.network);
  const redactor = createRedactor(() => loaded.secrets);
  const rows: Row[] = [];
  for (const name of loaded.connectors.keys()) {
    try {
      const { definition, connector } = await openSource(loaded, name, log, dispatcher, redactor);
      try {
        await connector.check(AbortSignal.timeout(30_000));
        rows.push({
          what: `source ${name}`,
          ok: true,
          detail: `${definition.name}: reads ${Object.keys(definition.supports.read).join(', ') || 'nothing'}; writes ${Object.keys(definition.supports.apply).join(', ') || 'nothing'}`,
        });
      } finally {
        await connector[Symbol.asyncDispose]();
      }
    } catch (error) {
      rows.push(failed(`source ${name}`, error));
    }
  }
  await dispatcher.close();
  return rows;
}

function checkSchedules({ config }: LoadedConfig): Row[] {
  return flowNames.flatMap((flow) => {
    const settings = config.flows[flow];
    if (settings === undefined) return [];
    const what = `flow ${flow}`;
    if (!settings.enabled) return [{ what, ok: true, detail: 'switched off' }];
    const watch = 'watch' in settings && settings.watch ? ', watches its source' : '';
    if (settings.schedule === undefined) return [{ what, ok: true, detail: `no schedule${watch}: runs when asked` }];
    return [
      {
        what,
        ok: true,
        detail: `${settings.schedule} in ${config.timezone}, next ${moment(nextSlot(settings.schedule, config.timezone, new Date()), config.timezone)}${watch}`,
      },
    ];
  });
}

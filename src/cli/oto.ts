import { type Command, Option } from 'commander';
import type { App } from '../app.ts';
import { loadConfig } from '../config/load.ts';
import { loadDefinition } from '../connector/registry.ts';
import { suggestion } from '../lib/suggest.ts';
import { type CallName, type Endpoint, type OtoClient, otoApi, type PagedName, readPages } from '../oto/index.ts';
import { buildRequest } from '../oto/request.ts';
import { type CommonOptions, common, configFileOf, withApp } from './frame.ts';
import { answerOf, troubleOf, withoutSecrets } from './oto-answer.ts';
import { completion, type Shell, shells } from './oto-completion.ts';
import { type Given, paramsOf, usage, validated } from './oto-params.ts';
import { print, table } from './output.ts';

interface OtoOptions extends CommonOptions, Given {
  readonly list?: boolean;
  readonly completion?: Shell;
  readonly all?: boolean;
  readonly dryRun?: boolean;
  readonly yes?: boolean;
  readonly showSecrets?: boolean;
}

export function registerOto(program: Command): void {
  const command = common(program.command('oto [endpoint]'))
    .summary("call any endpoint of OTO's API")
    .description(
      "Calls one endpoint of OTO's API and prints its answer. What cannot be right is not sent. A call that changes something is sent once, whatever becomes of its answer. It takes its turn in the account's rate and makes sure of the account, both by the database; --list, --completion and --dry-run need none.",
    )
    .option('--list', 'list the endpoints: family, method, path and plan')
    .option('--data <json>', 'parameters as JSON, @FILE or - for standard input')
    .option('--query <name=value...>', 'parameters of an endpoint that takes a query')
    .option('--param <name=value...>', 'what stands in the path in place of a name in braces')
    .option('--all', 'read every page of a list')
    .option('--dry-run', 'print the request with its token hidden, and send nothing')
    .option('--yes', 'let a call change something in production')
    .option('--show-secrets', 'print keys and tokens that an answer holds')
    .addOption(new Option('--completion <shell>', 'print a completion script').choices(shells))
    .addHelpText(
      'after',
      `
Examples:
  oto-bridge oto --list
  oto-bridge oto orders --query status=delivered --all
  oto-bridge oto print --param orderId=1234
  oto-bridge oto createOrder --data @order.json --dry-run
  source <(oto-bridge oto --completion bash)`,
    )
    .action(async (name: string | undefined, options: OtoOptions) => {
      const json = options.json === true;
      if (options.completion !== undefined) {
        const script = completion(options.completion, command);
        return print(json, { shell: options.completion, script }, () => script);
      }
      if (options.list === true) return list(json);
      const row = endpointNamed(name);
      // The client uses its own token, whatever is given.
      const params = row.name === 'refreshToken' ? { refresh_token: '[hidden]' } : await paramsOf(row, options);
      const result =
        options.dryRun === true ? await requestOf(row, params, options) : await perform(row, params, options);
      print(json, result, () => (typeof result === 'string' ? result : JSON.stringify(result, null, 2)));
    });
}

function list(json: boolean): void {
  const rows = Object.values<Endpoint>(otoApi).sort((one, other) => one.family.localeCompare(other.family));
  const shown = rows.map(({ family, name, method, path, effect, plan, summary, paging }) => ({
    family,
    name,
    method,
    path,
    effect,
    plan,
    paged: paging !== undefined,
    summary,
  }));
  print(json, { endpoints: shown }, () =>
    table(
      ['family', 'endpoint', 'method', 'path', 'plan'],
      shown.map(({ family, name, method, path, plan }) => [family, name, method, path, plan]),
    ),
  );
}

/** @throws BridgeError CLI_USAGE */
function endpointNamed(name: string | undefined): Endpoint {
  const names = Object.keys(otoApi);
  if (name === undefined) throw usage('Which endpoint?', '`oto-bridge oto --list` names them.');
  const found = names.find((one) => one.toLowerCase() === name.toLowerCase());
  if (found !== undefined) return otoApi[found as keyof typeof otoApi];
  const near = suggestion(name, names);
  throw usage(
    `OTO has no endpoint "${name}".`,
    near.startsWith('Known') ? '`oto-bridge oto --list` names them.' : near,
  );
}

/** What would be sent. */
async function requestOf(row: Endpoint, params: Record<string, unknown>, options: OtoOptions) {
  const { paging } = row;
  const whole = options.all === true && paging !== undefined ? firstPage(paging, params) : params;
  const data = validated(row, whole);
  const { baseUrl } = await loadConfig(configFileOf(options), { env: process.env, resolveConnector: loadDefinition });
  const base = new URL(baseUrl);
  const shown = options.showSecrets === true ? data : withoutSecrets(row.request, data);
  const { method, path, headers, body } = buildRequest(row, base.pathname.replace(/\/+$/, ''), shown);
  return {
    method,
    url: `${base.origin}${path}`,
    headers: row.auth ? { ...headers, authorization: 'Bearer [hidden]' } : headers,
    ...(body === undefined ? {} : { body: JSON.parse(String(body)) }),
  };
}

function firstPage({ page, size, rows }: NonNullable<Endpoint['paging']>, params: Record<string, unknown>) {
  return { ...params, [size]: params[size] ?? rows, [page]: 1 };
}

async function perform(row: Endpoint, params: Record<string, unknown>, options: OtoOptions): Promise<unknown> {
  const { paging } = row;
  const all = options.all === true;
  if (all && paging === undefined) throw usage(`${row.name} is no list that comes page by page.`, 'Leave out --all.');
  // Before anything is opened.
  validated(row, all && paging !== undefined ? firstPage(paging, params) : params);
  if (row.confidential === true && row.effect === 'write' && options.showSecrets !== true) {
    throw usage(`The answer to ${row.name} holds a token, once.`, 'Add --show-secrets, so that it is not lost.');
  }
  const answer = await withApp(options, async (app, signal) => {
    const { environment } = app.bridge.config.oto;
    if (row.effect === 'write' && environment === 'production' && options.yes !== true) {
      throw usage(
        `${row.name} changes something in production.`,
        'Add --yes if it shall; --dry-run shows the request.',
      );
    }
    await app.requireAccount();
    if (row.name === 'refreshToken') return renewed(app);
    return all ? allPages(row, params, app.bridge.oto, signal) : once(row, params, app.bridge.oto, signal);
  });
  return options.showSecrets === true ? answer : withoutSecrets(row.response, answer);
}

/** A stop ends the wait for a turn; a call that changes something and is on its way is left to end. */
async function once(row: Endpoint, params: unknown, oto: OtoClient, signal: AbortSignal): Promise<unknown> {
  const stop = row.effect === 'write' ? { patience: signal } : { signal };
  const outcome = await oto.call(row.name as CallName, params as never, stop);
  if (outcome.kind === 'ok') return answerOf(outcome);
  throw troubleOf(row, outcome);
}

async function allPages(row: Endpoint, params: Record<string, unknown>, oto: OtoClient, signal: AbortSignal) {
  const { paging } = row;
  const size = paging === undefined ? undefined : Number(params[paging.size] ?? paging.rows);
  const { [paging?.size ?? '']: _, [paging?.page ?? '']: __, ...rest } = params;
  const rows: unknown[] = [];
  let pages = 0;
  for await (const answer of readPages(oto, row.name as PagedName, rest as never, { signal, rows: size })) {
    pages += 1;
    rows.push(...(paging?.read(answer).rows ?? []));
  }
  return { endpoint: row.name, pages, count: rows.length, rows };
}

/** The client keeps its tokens to itself. */
async function renewed({ bridge }: App): Promise<unknown> {
  const result = await bridge.oto.refreshNow();
  if (result.kind === 'ok') return { success: true, message: 'OTO gave a new access token; tokens are not shown.' };
  throw troubleOf(otoApi.refreshToken, result);
}

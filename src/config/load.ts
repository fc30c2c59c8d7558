import { readFile } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import type { z } from 'zod';
import { BridgeError, isBridgeError, messageOf } from '../lib/errors.ts';
import { hashOf } from '../lib/hash.ts';
import type { Network } from '../lib/network.ts';
import { createRedactor } from '../lib/redact.ts';
import { secretValues } from '../lib/secret.ts';
import { baseUrlOf } from './address.ts';
import { readAuthorities } from './authorities.ts';
import { type Abilities, crossCheck } from './cross.ts';
import { configErrors } from './errors.ts';
import { deepFreeze, frozenMap } from './freeze.ts';
import { findingsOf, valueAt } from './issues.ts';
import { type Finding, invalid, type Path, type Problem, pathText } from './problem.ts';
import { type Config, configSchema } from './schema.ts';
import { bare, branches, mayShow, salvage, schemasAt } from './walk.ts';
import { type Env, readYaml, type YamlFile } from './yaml.ts';

/** What loading needs of a connector; the registry gives more. */
export interface ConnectorShape extends Abilities {
  readonly options: z.ZodType;
}

export interface LoadOptions<Definition extends ConnectorShape> {
  readonly env: Env;
  /** Finds the connector that a source names; throws a BridgeError when it cannot. */
  readonly resolveConnector: (use: string, baseDir: string) => Promise<Definition>;
}

export interface LoadedSource<Definition extends ConnectorShape = ConnectorShape> {
  readonly definition: Definition;
  /** The connector's options, parsed by its schema. */
  readonly options: z.output<Definition['options']>;
}

export interface LoadedConfig<Definition extends ConnectorShape = ConnectorShape> {
  /** Frozen at every depth. */
  readonly config: Config;
  /** Absolute. */
  readonly file: string;
  /** The file's folder: relative paths of the configuration start here. */
  readonly baseDir: string;
  /** Absolute. */
  readonly dataDir: string;
  /** Address of OTO's REST V2 API, with a slash at its end. */
  readonly baseUrl: string;
  /** Every secret value, for the logger. */
  readonly secrets: readonly string[];
  /** By source name. */
  readonly connectors: ReadonlyMap<string, LoadedSource<Definition>>;
  /** The way out: to OTO, to the receiver of alerts, and for connectors. */
  readonly network: Network;
  readonly fingerprint: {
    /** Which OTO this is, apart from the account that the token names. */
    readonly oto: { readonly environment: string; readonly baseUrl: string };
    /** SHA-256 of all that decides which figure belongs where: a plan made under another one is stale. */
    readonly mapping: string;
  };
}

/** Reads and checks the whole configuration. Throws CONFIG_NOT_FOUND, or CONFIG_INVALID with all problems at once. */
export async function loadConfig<Definition extends ConnectorShape>(
  file: string,
  options: LoadOptions<Definition>,
): Promise<LoadedConfig<Definition>> {
  const path = resolve(file);
  const baseDir = dirname(path);
  const yaml = readYaml(await readText(path), options.env);
  if (yaml.broken.length > 0) throw invalid(path, yaml.broken);
  applyEnvTypes(yaml, configSchema, []);

  const shape = configSchema.safeParse(yaml.data);
  const findings = [...yaml.findings];
  if (!shape.success) findings.push(...findingsOf(shape.error.issues, { schema: configSchema, data: yaml.data }));

  const sources = await loadSources(yaml, baseDir, options.resolveConnector);
  findings.push(...sources.findings);
  findings.push(
    ...crossCheck({
      config: salvage(configSchema, yaml.data) ?? {},
      sourceNames: Object.keys((valueAt(yaml.data, ['sources']) as object | null | undefined) ?? {}),
      connectors: sources.definitions,
      isWritten: (at) => valueAt(yaml.data, at) !== undefined,
    }),
  );

  const authorities = await readAuthorities(valueAt(yaml.data, ['caFile']), baseDir);
  findings.push(...authorities.findings);

  if (!shape.success || findings.length > 0) {
    const show = (at: Path) => mayShowAt(at, sources.definitions);
    throw invalid(
      path,
      toProblems(findings, yaml, show, [...secretValues(configSchema, yaml.data), ...sources.secrets]),
    );
  }
  const config = deepFreeze(shape.data);
  const baseUrl = baseUrlOf(config.oto);
  return Object.freeze({
    config,
    file: path,
    baseDir,
    dataDir: resolve(baseDir, config.dataDir),
    baseUrl,
    secrets: Object.freeze(
      [...new Set([...secretValues(configSchema, config), ...sources.secrets])].filter((one) => one !== ''),
    ),
    connectors: frozenMap(sources.loaded),
    network: Object.freeze({ proxy: config.proxy, noProxy: config.noProxy, ca: authorities.ca }),
    fingerprint: deepFreeze({
      oto: { environment: config.oto.environment, baseUrl },
      mapping: mappingHash(config),
    }),
  });
}

function mappingHash(config: Config): string {
  const { timezone, locations, ignoreLocations, transfers } = config;
  const units = Object.entries(config.sources).map(([name, { units, fraction }]) => [name, units, fraction]);
  return hashOf({ timezone, locations, ignoreLocations, transfers, units });
}

async function readText(file: string): Promise<string> {
  try {
    return await readFile(file, 'utf8');
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    const why: Record<string, string> = {
      ENOENT: 'does not exist',
      EISDIR: 'is a folder',
      EACCES: 'may not be read by this user',
    };
    throw new BridgeError(configErrors.CONFIG_NOT_FOUND, {
      message: `The configuration file ${file} ${why[code ?? ''] ?? `cannot be read: ${messageOf(error)}`}.`,
      hint:
        code === 'EACCES'
          ? 'Give this user the right to read it.'
          : 'Name the right file with --config FILE or $OTO_BRIDGE_CONFIG, or copy config/example.yaml to this place and edit it.',
      place: { file },
      cause: error,
    });
  }
}

async function loadSources<Definition extends ConnectorShape>(
  yaml: YamlFile,
  baseDir: string,
  resolveConnector: LoadOptions<Definition>['resolveConnector'],
) {
  const findings: Finding[] = [];
  const definitions = new Map<string, Definition>();
  const loaded: [string, LoadedSource<Definition>][] = [];
  const secrets: string[] = [];
  const sources = valueAt(yaml.data, ['sources']);
  for (const name of typeof sources === 'object' && sources !== null && !Array.isArray(sources)
    ? Object.keys(sources)
    : []) {
    const use = valueAt(sources, [name, 'connector']);
    if (typeof use !== 'string' || use === '') continue;
    let definition: Definition;
    try {
      definition = await resolveConnector(use, baseDir);
    } catch (error) {
      const hint = isBridgeError(error) ? error.hint : undefined;
      const message = `cannot be used: ${messageOf(error).replace(/\.$/, '')}`;
      findings.push({ path: ['sources', name, 'connector'], message, ...(hint === undefined ? {} : { hint }) });
      continue;
    }
    definitions.set(name, definition);
    const prefix = ['sources', name, 'options'];
    applyEnvTypes(yaml, definition.options, prefix);
    const raw = valueAt(yaml.data, prefix) ?? {};
    secrets.push(...secretValues(definition.options, raw));
    // A group that is itself wrong is reported by the first pass.
    if (typeof raw !== 'object') continue;
    const result = await definition.options.safeParseAsync(raw);
    if (result.success) {
      secrets.push(...secretValues(definition.options, result.data));
      loaded.push([
        name,
        Object.freeze({ definition, options: deepFreeze(result.data) as z.output<Definition['options']> }),
      ]);
    } else findings.push(...findingsOf(result.error.issues, { schema: definition.options, data: raw, prefix }));
  }
  return { findings, definitions, loaded, secrets };
}

/** The environment holds texts only: where the schema wants a number or a switch, `port: ${PORT}` becomes one. */
function applyEnvTypes(yaml: YamlFile, schema: z.ZodType, prefix: Path): void {
  for (const path of yaml.fromEnv) {
    if (!prefix.every((part, index) => path[index] === part)) continue;
    const parent = valueAt(yaml.data, path.slice(0, -1));
    const key = path.at(-1);
    const text = valueAt(yaml.data, path);
    if (typeof parent !== 'object' || parent === null || key === undefined || typeof text !== 'string') continue;
    const kinds = schemasAt(schema, path.slice(prefix.length)).flatMap((one) => {
      const node = bare(one);
      return (branches(node) ?? [node]).map((option) => bare(option).type as string);
    });
    let value: string | number | boolean = text;
    if (kinds.includes('number') && /^-?\d+(\.\d+)?$/.test(text)) value = Number(text);
    if (kinds.includes('boolean') && /^(true|false)$/.test(text)) value = text === 'true';
    (parent as Record<string | number, unknown>)[key] = value;
  }
}

function mayShowAt(path: Path, definitions: ReadonlyMap<string, ConnectorShape>): boolean {
  if (path[0] !== 'sources' || path[2] !== 'options') return mayShow(configSchema, path);
  const definition = definitions.get(String(path[1]));
  return definition !== undefined && mayShow(definition.options, path.slice(3));
}

function toProblems(
  findings: readonly Finding[],
  yaml: YamlFile,
  show: (path: Path) => boolean,
  secrets: readonly string[],
): Problem[] {
  const { text } = createRedactor(() => secrets);
  const unresolved = new Set(yaml.findings.map(({ path }) => pathText(path)));
  const problems = findings
    // A value that could not be read from the environment is wrong once, not once more for what the schema makes of it.
    .filter((finding) => yaml.findings.includes(finding) || !unresolved.has(pathText(finding.path)))
    .map(({ path, message, hint, atKey }): Problem => {
      const written = show(path) ? yaml.written(path) : undefined;
      return {
        path: pathText(path),
        ...yaml.place(path, atKey),
        message: text(message),
        ...(written === undefined ? {} : { value: text(written) }),
        ...(hint === undefined ? {} : { hint: text(hint) }),
      };
    });
  const unique = new Map(problems.map((problem) => [`${problem.path}\n${problem.message}`, problem]));
  return [...unique.values()].sort((a, b) => a.line - b.line || a.column - b.column);
}

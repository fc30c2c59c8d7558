import { readdirSync, readFileSync, statSync } from 'node:fs';
import { createRequire, findPackageJSON } from 'node:module';
import { basename, dirname, isAbsolute, join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { BridgeError, messageOf } from '../lib/errors.ts';
import { nearest } from '../lib/suggest.ts';
import { connectorApiVersion, definitionSchema } from './definition.ts';
import { connectorErrors } from './errors.ts';
import { openDoors } from './resolve.ts';
import type { ConnectorDefinition } from './types.ts';

/** The connectors that come with the bridge. A new one adds its folder under `connectors/` and its line here. */
const builtIn: Readonly<Record<string, () => Promise<{ default?: unknown }>>> = {
  csv: () => import('../../connectors/csv/index.ts'),
  http: () => import('../../connectors/http/index.ts'),
  odoo: () => import('../../connectors/odoo/index.ts'),
  sql: () => import('../../connectors/sql/index.ts'),
};

export const builtInConnectors: readonly string[] = Object.keys(builtIn);

interface Found {
  /** What the definition came from, for messages. */
  readonly origin: string;
  readonly exported: unknown;
  /** Names of all that is exported. */
  readonly names: readonly string[];
}

/**
 * The connector that a source names: a built-in name, an npm package, or a path that starts with `./`. Packages and paths are found from
 * `baseDir`, the configuration file's folder; what is not named is never loaded.
 * Throws CONNECTOR_NOT_FOUND, CONNECTOR_INVALID or CONNECTOR_API_VERSION.
 */
export async function loadDefinition(use: string, baseDir: string): Promise<ConnectorDefinition> {
  return checked(use, await find(use, baseDir));
}

async function find(use: string, baseDir: string): Promise<Found> {
  const load = Object.hasOwn(builtIn, use) ? builtIn[use] : undefined;
  if (load !== undefined) return { origin: 'built in', exported: (await load()).default, names: ['default'] };
  const isPath = /^\.{1,2}[\\/]/.test(use) || isAbsolute(use);
  const file = isPath ? resolvePath(use, baseDir) : resolvePackage(use, baseDir);
  const origin = isPath ? file : `${packageText(use, file, baseDir)}, ${file}`;
  openDoors();
  try {
    const module: { default?: unknown } = await import(pathToFileURL(file).href);
    return { origin, exported: module.default, names: Object.keys(module) };
  } catch (error) {
    throw new BridgeError(connectorErrors.CONNECTOR_INVALID, {
      message: `The connector "${use}" (${origin}) cannot be loaded: ${messageOf(error)}`,
      hint: 'Its file or one of its dependencies is broken or missing. Load it with `node` to see where.',
      place: { file },
      cause: error,
    });
  }
}

function resolvePath(use: string, baseDir: string): string {
  const path = resolve(baseDir, use);
  const { resolve: find } = createRequire(join(baseDir, 'here.js'));
  for (const candidate of [path, join(path, 'index.ts'), `${path}.ts`]) {
    try {
      return find(candidate);
    } catch {
      // The next candidate may exist; if none does, the error below names them.
    }
  }
  const isFolder = statSync(path, { throwIfNoEntry: false })?.isDirectory() === true;
  const near = isFolder ? undefined : nearest(basename(path), entriesOf(dirname(path)));
  throw new BridgeError(connectorErrors.CONNECTOR_NOT_FOUND, {
    message: isFolder
      ? `There is no connector at ${path}: the folder has neither a package.json whose "main" is there nor an index.js or index.ts.`
      : `There is no connector at ${path}: there is no such file or folder.`,
    hint: `The path "${use}" starts at the configuration file's folder, ${baseDir}.${near === undefined ? '' : ` Did you mean "${near}", which lies there?`}`,
    place: { file: path },
  });
}

function resolvePackage(use: string, baseDir: string): string {
  try {
    const file = createRequire(join(baseDir, 'here.js')).resolve(use);
    if (isAbsolute(file)) return file;
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    // Where the package is there, its entry is not: it was not built, or names none.
    if (code !== 'MODULE_NOT_FOUND' || manifestOf(use, baseDir) !== undefined)
      throw unresolvable(use, baseDir, code, error);
  }
  const near = nearest(use, [...builtInConnectors, ...dependenciesOf(baseDir)]);
  throw new BridgeError(connectorErrors.CONNECTOR_NOT_FOUND, {
    message: `There is no connector "${use}": it is not built in (${builtInConnectors.join(', ')}), and no such package is installed in or above ${baseDir}.`,
    hint: near === undefined ? `Install it there, or write a path that starts with "./".` : `Did you mean "${near}"?`,
  });
}

const entryHints: Readonly<Record<string, string>> = {
  ERR_PACKAGE_PATH_NOT_EXPORTED:
    'Its package.json exports nothing for "default", perhaps only "import". Its author has to write "exports": { ".": { "types": …, "default": "./dist/index.js" } }.',
  MODULE_NOT_FOUND:
    'Its package.json names an entry ("exports" or "main") that is not there: perhaps it was not built before it was packed. Install it again or tell its author.',
};

function unresolvable(use: string, baseDir: string, code: string | undefined, cause: unknown): BridgeError {
  const manifest = manifestOf(use, baseDir);
  const where = manifest?.file ?? `in or above ${baseDir}`;
  return new BridgeError(connectorErrors.CONNECTOR_INVALID, {
    message: `The package "${use}" is installed (${where}) but gives no entry: ${messageOf(cause)}`,
    hint: entryHints[code ?? ''] ?? 'Its package.json is broken; install it again or tell its author.',
    place: { file: manifest?.file },
    cause,
  });
}

/** What is installed beside the configuration, by its package.json; what lies in node_modules is never looked through. */
function dependenciesOf(baseDir: string): string[] {
  try {
    const { dependencies = {} } = JSON.parse(readFileSync(join(baseDir, 'package.json'), 'utf8')) as {
      dependencies?: Record<string, string>;
    };
    return Object.keys(dependencies);
  } catch {
    return [];
  }
}

function entriesOf(folder: string): string[] {
  try {
    return readdirSync(folder);
  } catch {
    return [];
  }
}

function manifestOf(use: string, baseDir: string): { file: string; name?: string; version?: string } | undefined {
  try {
    const file = findPackageJSON(use, pathToFileURL(join(baseDir, 'here.js')));
    if (file === undefined) return undefined;
    const { name, version } = JSON.parse(readFileSync(file, 'utf8')) as { name?: string; version?: string };
    return { file, ...(name === undefined ? {} : { name }), ...(version === undefined ? {} : { version }) };
  } catch {
    return undefined;
  }
}

function packageText(use: string, file: string, baseDir: string): string {
  const manifest = manifestOf(use, baseDir) ?? manifestOf(file, baseDir);
  return manifest === undefined
    ? `package ${use}`
    : `package ${manifest.name ?? use} ${manifest.version ?? '(no version)'}`;
}

function checked(use: string, { origin, exported, names }: Found): ConnectorDefinition {
  if (typeof exported !== 'object' || exported === null) {
    const found = names.includes('default')
      ? `its default export is a ${typeof exported}, not an object made by defineConnector`
      : `it has no default export made by defineConnector, ${names.length === 0 ? 'and exports nothing' : `only ${names.join(', ')}`}`;
    throw new BridgeError(connectorErrors.CONNECTOR_INVALID, {
      message: `"${use}" (${origin}) is no connector: ${found}.`,
      hint: 'Check the name; a connector package has `export default defineConnector({ … })`.',
    });
  }
  const { apiVersion } = exported as { apiVersion?: unknown };
  // The version comes first: all else may look different in another one.
  if (apiVersion !== undefined && apiVersion !== connectorApiVersion) {
    const newer = typeof apiVersion === 'number' && apiVersion > connectorApiVersion;
    throw new BridgeError(connectorErrors.CONNECTOR_API_VERSION, {
      message: `The connector "${use}" (${origin}) is written for version ${String(apiVersion)} of the connector interface; this bridge speaks version ${connectorApiVersion}.`,
      hint: newer
        ? `Upgrade oto-bridge, or install a release of the connector for version ${connectorApiVersion}.`
        : `Install a release of the connector for version ${connectorApiVersion}.`,
      data: { wanted: connectorApiVersion, found: apiVersion, origin },
    });
  }
  const result = definitionSchema.safeParse(exported);
  if (!result.success) {
    const faults = result.error.issues.map(({ path, message }) => `${path.map(String).join('.')}: ${message}`);
    throw new BridgeError(connectorErrors.CONNECTOR_INVALID, {
      message: `The connector "${use}" (${origin}) has a faulty definition: ${faults.join('; ')}`,
      hint: 'Its author has to mend it; `connectorTests` of oto-bridge/kit finds such faults.',
    });
  }
  // The original, not zod's copy: methods may need their object.
  return exported as ConnectorDefinition;
}

import { type Document, isAlias, isMap, isPair, isScalar, isSeq, LineCounter, parseDocument } from 'yaml';
import type { Finding, Path, Problem } from './problem.ts';

export type Env = Readonly<Record<string, string | undefined>>;

export interface YamlFile {
  /** The content as plain data, `${ENV}` replaced. */
  readonly data: unknown;
  /** Problems that make the content unreliable: syntax. Nothing else is worth checking then. */
  readonly broken: readonly Problem[];
  /** Problems of single values. */
  readonly findings: readonly Finding[];
  /** Places whose whole text is one `${ENV}`: what they hold may have to become a number. */
  readonly fromEnv: readonly Path[];
  /** Where `path` is, or the nearest thing around it. Both count from 1. */
  place(path: Path, atKey?: boolean): { line: number; column: number };
  /** A plain value as it is written, `${ENV}` unreplaced. */
  written(path: Path): string | undefined;
}

/** Messages of these codes quote nothing of the file; others might quote a secret. */
const harmless = [
  'BLOCK_AS_IMPLICIT_KEY',
  'BAD_SCALAR_START',
  'TAB_AS_INDENT',
  'DUPLICATE_KEY',
  'MISSING_CHAR',
  'BAD_INDENT',
];
const quote =
  'A text that holds ": " or " #", or begins with one of @ ` % & * ! | > [ {, has to stand in quotes: "*/15 * * * *", not */15 * * * *.';
const hints: Record<string, string> = {
  TAB_AS_INDENT: 'Indent with blanks.',
  DUPLICATE_KEY: 'Keep one of the two.',
};
const maxAliases = 100;
/** After the first errors of syntax the rest are mostly their echo. */
const maxBroken = 3;

/**
 * Inside `{ … }` YAML takes the braces of an unquoted `${NAME}` for its own. While it is parsed they are private characters, of the same
 * length, so that places stay right.
 */
const hideBraces = (text: string): string => text.replace(/\$\{([^{}\s"']*)\}/g, '$\uE000$1\uE001');
const showBraces = (text: string): string => text.replace(/\$\uE000([^{}\s"']*?)\uE001/g, '${$1}');

export function readYaml(text: string, env: Env): YamlFile {
  const lines = new LineCounter();
  // Pretty errors would quote the line, and with it a secret.
  const document = parseDocument(hideBraces(text), { lineCounter: lines, prettyErrors: false, stringKeys: true });
  const at = (offset: number) => {
    const { line, col } = lines.linePos(offset);
    return { line: Math.max(1, line), column: Math.max(1, col) };
  };
  const broken = [...document.errors, ...document.warnings].slice(0, maxBroken).map((error): Problem => {
    const message = harmless.includes(error.code)
      ? `is no valid YAML: ${error.message}`
      : `is no valid YAML (${error.code})`;
    const hint = hints[error.code] ?? quote;
    return { path: '', ...at(error.pos[0]), message: `This ${message}`, hint };
  });
  const findings: Finding[] = [];
  const fromEnv: Path[] = [];
  let aliases = 0;

  function convert(node: unknown, path: Path): unknown {
    if (isAlias(node)) {
      const target = ++aliases > maxAliases ? undefined : node.resolve(document);
      if (target !== undefined) return convert(target, path);
      findings.push({
        path,
        message: 'begins with "*" but names no anchor',
        hint: quote,
      });
      return undefined;
    }
    if (isMap(node)) {
      return Object.fromEntries(
        node.items.map((pair) => {
          const key = showBraces(isScalar(pair.key) ? String(pair.key.value) : String(pair.key));
          return [key, convert(pair.value, [...path, key])];
        }),
      );
    }
    if (isSeq(node)) return node.items.map((item, index) => convert(item, [...path, index]));
    if (!isScalar(node)) return node ?? null;
    if (typeof node.value !== 'string') return node.value;
    const plain = showBraces(node.value);
    if (/^\$\{\w+\}$/.test(plain) && node.type === 'PLAIN') fromEnv.push(path);
    return substitute(plain, env, path, findings);
  }

  return {
    data: convert(document.contents, []) ?? {},
    broken,
    findings,
    fromEnv,
    place(path, atKey = false) {
      const found = locate(document, path);
      const node = (atKey || !hasRange(found.value)) && hasRange(found.key) ? found.key : found.value;
      return at(hasRange(node) ? node.range[0] : 0);
    },
    written(path) {
      const { value, whole } = locate(document, path);
      if (!whole || !isScalar(value)) return undefined;
      return typeof value.value === 'string'
        ? JSON.stringify(showBraces(value.value))
        : (value.source ?? String(value.value));
    },
  };
}

function hasRange(node: unknown): node is { range: [number, number, number] } {
  return typeof node === 'object' && node !== null && Array.isArray((node as { range?: unknown }).range);
}

function locate(document: Document, path: Path): { key: unknown; value: unknown; whole: boolean } {
  let key: unknown;
  let value: unknown = document.contents;
  for (const part of path) {
    const node: unknown = isAlias(value) ? value.resolve(document) : value;
    if (isMap(node)) {
      const pair = node.items.find(
        (item) => isPair(item) && isScalar(item.key) && showBraces(String(item.key.value)) === String(part),
      );
      if (pair === undefined) return { key, value: key ?? value, whole: false };
      key = pair.key;
      value = pair.value;
    } else if (isSeq(node) && typeof part === 'number' && part < node.items.length) {
      key = undefined;
      value = node.items[part];
    } else return { key, value, whole: false };
  }
  return { key, value, whole: true };
}

/** `${NAME}` becomes the variable's value, `$${` stays a plain `${`. Values of variables are never part of a finding. */
function substitute(text: string, env: Env, path: Path, findings: Finding[]): string {
  return text.replace(
    /\$(\$\{)|\$\{([^}]*)(\}?)/g,
    (all, escaped: string | undefined, name: string, closed: string) => {
      if (escaped !== undefined) return escaped;
      if (closed === '' || !/^[A-Za-z_]\w*$/.test(name)) {
        findings.push({
          path,
          message: 'holds "${" without the name of an environment variable and "}" after it',
          hint: 'Write ${NAME} for an environment variable, or $${ for the plain text "${".',
        });
        return all;
      }
      const value = env[name];
      if (value === undefined) {
        findings.push({
          path,
          message: `needs the environment variable ${name}, which is not set`,
          hint: `Set ${name} before you start the bridge, or write $\${ for the plain text "\${".`,
        });
        return all;
      }
      return value;
    },
  );
}

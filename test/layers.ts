import { globSync, readFileSync } from 'node:fs';
import { dirname, join, relative, resolve, sep } from 'node:path';

/** The floors of the house, lowest first. A file imports from its own folder and from lower floors only. */
export const floors: readonly (readonly string[])[] = [
  // package.json: the command line says which version it is.
  ['src/lib', 'package.json'],
  ['src/model', 'src/config', 'src/oto', 'src/demo'],
  ['src/connector', 'src/store', 'src/simulator'],
  ['src/kit', 'src/jobs'],
  ['src/engine'],
  ['src/flows'],
  ['src/http'],
  ['src/app.ts'],
  ['src/cli'],
];

/** What a rule of floors cannot say. Each with its reason. */
const allowed: readonly { from: RegExp; to: RegExp; why: string }[] = [
  { from: /^src\/demo\//, to: /^src\/model\//, why: 'the generator makes records of the model' },
  {
    from: /^connectors\/[^/]+\//,
    to: /^src\/connector\/index\.ts$/,
    why: 'the door, the only thing a connector may use',
  },
  {
    from: /^src\/connector\/registry\.ts$/,
    to: /^connectors\/[^/]+\/index\.ts$/,
    why: 'the registry lists the built-in connectors',
  },
  {
    from: /^src\/config\/generate\.ts$/,
    to: /^src\/(connector\/registry|oto\/openapi)\.ts$/,
    why: 'a script that documents every folder; nothing imports it',
  },
];

export interface Import {
  readonly from: string;
  readonly to: string;
  readonly typeOnly: boolean;
}

/** All relative imports under `src` and `connectors` of `root`, as paths with `/` from there. */
export function importsOf(root: string): Import[] {
  const files = globSync(['src/**/*.{ts,tsx}', 'connectors/**/*.ts'], { cwd: root });
  return files.flatMap((file) => {
    const text = readFileSync(join(root, file), 'utf8').replace(/\/\*[\s\S]*?\*\//g, '');
    const found = text.matchAll(
      /(?:^|[;\n])\s*(?:import|export)\s+(type\s)?(?:[^'";]*?\sfrom\s+)?['"](\.[^'"]+)['"]|\bimport\(\s*['"](\.[^'"]+)['"]\s*\)/g,
    );
    return [...found].map(([, type, fixed, dynamic]): Import => {
      const target = relative(root, resolve(root, dirname(file), fixed ?? dynamic ?? ''));
      return { from: file.split(sep).join('/'), to: target.split(sep).join('/'), typeOnly: type !== undefined };
    });
  });
}

const unitOf = (file: string): string => {
  const [top = '', second = ''] = file.split('/');
  return second === '' ? top : `${top}/${second}`;
};
const floorOf = (file: string): number => floors.findIndex((units) => units.includes(unitOf(file)));

/** Every import that goes up or sideways, as a sentence. */
export function violations(imports: readonly Import[]): string[] {
  return imports.flatMap(({ from, to, typeOnly }) => {
    if (unitOf(from) === unitOf(to)) return [];
    if (allowed.some((rule) => rule.from.test(from) && rule.to.test(to))) return [];
    if (from.startsWith('connectors/'))
      return [`${from} imports ${to}: a connector may import only src/connector/index.ts`];
    if (from.startsWith('src/web/')) {
      // The page runs in a browser: what the server is made of must not end up in it.
      if (typeOnly && to.startsWith('src/model/')) return [];
      return [`${from} imports ${to}: the page may import only types, and only from src/model`];
    }
    if (floorOf(from) < 0) return [`${from} stands on no floor: add its folder to test/layers.ts`];
    if (to === 'src/config/generate.ts') return [`${from} imports ${to}, which is a script`];
    if (floorOf(to) < 0 || floorOf(to) >= floorOf(from)) {
      return [`${from} (floor ${floorOf(from) + 1}) imports ${to} (floor ${floorOf(to) + 1})`];
    }
    return [];
  });
}

/** The first cycle of imports found, as its files, or undefined. Types count too: two files that need each other are one. */
export function cycle(imports: readonly Import[]): string[] | undefined {
  const edges = new Map<string, string[]>();
  for (const { from, to } of imports) edges.set(from, [...(edges.get(from) ?? []), to]);
  const done = new Set<string>();
  const visit = (file: string, path: readonly string[]): string[] | undefined => {
    const start = path.indexOf(file);
    if (start >= 0) return [...path.slice(start), file];
    if (done.has(file)) return undefined;
    for (const next of edges.get(file) ?? []) {
      const found = visit(next, [...path, file]);
      if (found !== undefined) return found;
    }
    done.add(file);
    return undefined;
  };
  for (const file of edges.keys()) {
    const found = visit(file, []);
    if (found !== undefined) return found;
  }
  return undefined;
}

import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { cycle, importsOf, violations } from './layers.ts';

const root = join(import.meta.dirname, '..');

describe('the house', () => {
  const imports = importsOf(root);

  it('imports only from lower floors, and connectors only from the door', () => {
    expect(violations(imports)).toEqual([]);
  });

  it('has no cycle', () => {
    expect(cycle(imports)).toBeUndefined();
  });

  it('was read whole: every import names a file', () => {
    expect(imports.length).toBeGreaterThan(30);
    expect(imports.filter(({ to }) => !existsSync(join(root, to)))).toEqual([]);
  });
});

describe('the checker', () => {
  let folder: string;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'oto-bridge-layers-'));
  });
  afterAll(async () => {
    await rm(folder, { recursive: true });
  });

  async function check(files: Record<string, string>) {
    const house = await mkdtemp(join(folder, 'house-'));
    for (const [path, text] of Object.entries(files)) {
      await mkdir(dirname(join(house, path)), { recursive: true });
      await writeFile(join(house, path), text);
    }
    const imports = importsOf(house);
    return { imports, violations: violations(imports), cycle: cycle(imports) };
  }

  it.each([
    ['an import of a higher floor', { 'src/lib/a.ts': "import { b } from '../engine/b.ts';" }],
    [
      'an import of another folder of the same floor',
      { 'src/store/a.ts': "import type { B } from '../simulator/b.ts';" },
    ],
    ['an import over several lines', { 'src/jobs/a.ts': "import {\n  b,\n  c,\n} from '../flows/b.ts';" }],
    ['a re-export', { 'src/model/a.ts': "export * from '../oto/b.ts';" }],
    ['a dynamic import', { 'src/engine/a.ts': "const b = await import('../http/b.ts');" }],
    ['an import for its effect', { 'src/engine/a.ts': "import '../cli/b.ts';" }],
    ['a flow in the engine', { 'src/engine/a.ts': "import { stock } from '../flows/stock.ts';" }],
    ['a connector behind the door', { 'connectors/csv/a.ts': "import { x } from '../../src/lib/log.ts';" }],
    ['a connector in a connector', { 'connectors/odoo/a.ts': "import { x } from '../csv/index.ts';" }],
    ['a connector outside the registry', { 'src/engine/a.ts': "import csv from '../../connectors/csv/index.ts';" }],
    ['a folder that has no floor', { 'src/new/a.ts': "import { x } from '../lib/x.ts';" }],
    ['a value of the server in the page', { 'src/web/a.tsx': "import { x } from '../model/x.ts';" }],
    ['a type of another folder in the page', { 'src/web/a.ts': "import type { X } from '../lib/x.ts';" }],
    ['the page in the server', { 'src/http/a.ts': "import type { X } from '../web/x.ts';" }],
    ['a use of the script', { 'src/cli/a.ts': "import { x } from '../config/generate.ts';" }],
  ])('finds %s', async (_what, files) => {
    expect((await check(files)).violations).toHaveLength(1);
  });

  it('lets pass what the floors allow', async () => {
    const { imports, violations } = await check({
      'src/engine/a.ts': "import { x } from '../store/x.ts';\nimport { y } from './y.ts';\nimport z from 'zod';",
      'connectors/csv/index.ts':
        "import { defineConnector } from '../../src/connector/index.ts';\nexport { a } from './a.ts';",
      'src/connector/registry.ts': "export const csv = () => import('../../connectors/csv/index.ts');",
      'src/web/a.tsx': "import type { X } from '../model/x.ts';",
      'src/app.ts':
        "// import { x } from './cli/x.ts' in a comment\n/* import './cli/y.ts'; */\nimport { stock } from './flows/stock.ts';",
    });
    expect(imports).toHaveLength(7);
    expect(violations).toEqual([]);
  });

  it('finds a cycle, also of types', async () => {
    const { cycle } = await check({
      'src/lib/a.ts': "import { b } from './b.ts';",
      'src/lib/b.ts': "import type { C } from './c.ts';",
      'src/lib/c.ts': "export { a } from './a.ts';",
    });
    expect(cycle).toHaveLength(4);
  });
});

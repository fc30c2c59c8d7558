import { spawnSync } from 'node:child_process';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { builtInConnectors, loadDefinition } from '../../src/connector/registry.ts';

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'oto-bridge-registry-'));
});
afterAll(async () => {
  await rm(folder, { recursive: true });
});

async function put(path: string, content: string): Promise<void> {
  await mkdir(dirname(join(folder, path)), { recursive: true });
  await writeFile(join(folder, path), content);
}

/** A definition as a foreign package makes it: with a schema that is zod's by its abilities only. */
const definition = (changes = '') => `
  const schema = { _zod: {}, safeParse: (data) => ({ success: true, data }) };
  export default {
    name: 'acme', apiVersion: 1, title: 'Acme', summary: 'Acme ERP', options: schema, example: {},
    supports: { read: { stock: { mode: 'full', deletes: 'absence' } }, apply: {} }, checkpointVersion: 1,
    open() { return this; }, ${changes}
  };`;

async function putPackage(name: string, exports: string, code: string, version = '2.1.0'): Promise<void> {
  await put(
    `node_modules/${name}/package.json`,
    `{ "name": "${name}", "version": "${version}", "type": "module", "exports": ${exports} }`,
  );
  await put(`node_modules/${name}/dist/index.js`, code);
}

describe('loadDefinition', () => {
  it.each(builtInConnectors)('finds the built-in %s', async (name) => {
    const found = await loadDefinition(name, folder);
    expect(found).toMatchObject({ name, apiVersion: 1 });
    expect(found.options.safeParse(found.example).success).toBe(true);
  });

  it('finds a package from the folder of the configuration', async () => {
    await putPackage('@acme/connector', '{ ".": { "default": "./dist/index.js" } }', definition());
    await mkdir(join(folder, 'config'), { recursive: true });
    const found = await loadDefinition('@acme/connector', join(folder, 'config'));
    expect(found.name).toBe('acme');
    expect(Object.is(found.open({} as never), found)).toBe(true);
  });

  it('finds a path: a file, a folder, unbuilt TypeScript', async () => {
    await put('local/two.mjs', definition());
    await put('folder/index.js', definition());
    await put('folder/package.json', '{ "type": "module" }');
    await put('types/index.ts', `const version: number = 1;${definition("title: 'v' + version,")}`);
    for (const use of ['./local/two.mjs', './folder', '../config/../folder/index.js']) {
      expect((await loadDefinition(use, use.startsWith('..') ? join(folder, 'config') : folder)).name, use).toBe(
        'acme',
      );
    }
    // Node itself strips the types here, as it does for an installed bridge.
    const registry = join(import.meta.dirname, '../../src/connector/registry.ts');
    const code = `const { loadDefinition } = await import(${JSON.stringify(registry)}); console.log((await loadDefinition('./types', ${JSON.stringify(folder)})).title)`;
    const { stdout, stderr } = spawnSync(process.execPath, ['--input-type=module', '-e', code], { encoding: 'utf8' });
    expect(stdout, stderr).toBe('v1\n');
  });

  it('says what is missing, and what was perhaps meant', async () => {
    await expect(loadDefinition('cvs', folder)).rejects.toMatchObject({
      code: 'CONNECTOR_NOT_FOUND',
      hint: 'Did you mean "csv"?',
    });
    await expect(loadDefinition('oto-bridge-connector-none', folder)).rejects.toMatchObject({
      code: 'CONNECTOR_NOT_FOUND',
      message: expect.stringContaining(folder),
      hint: expect.stringContaining('Install it'),
    });
    await expect(loadDefinition('./none', folder)).rejects.toMatchObject({
      code: 'CONNECTOR_NOT_FOUND',
      message: expect.stringContaining(join(folder, 'none')),
    });
    await mkdir(join(folder, 'hollow'), { recursive: true });
    await expect(loadDefinition('./hollow', folder)).rejects.toMatchObject({
      code: 'CONNECTOR_NOT_FOUND',
      message: expect.stringContaining('neither a package.json whose "main" is there nor an index.js'),
    });
    await expect(loadDefinition('./holow', folder)).rejects.toMatchObject({
      message: expect.stringContaining('no such file or folder'),
      hint: expect.stringContaining('Did you mean "hollow"'),
    });
    await put('site/package.json', '{ "dependencies": { "oto-bridge-connector-acme": "1.0.0" } }');
    await expect(loadDefinition('oto-bridge-connector-acne', join(folder, 'site'))).rejects.toMatchObject({
      hint: 'Did you mean "oto-bridge-connector-acme"?',
    });
    await expect(loadDefinition('fs', folder)).rejects.toMatchObject({ code: 'CONNECTOR_NOT_FOUND' });
    await expect(loadDefinition('toString', folder)).rejects.toMatchObject({ code: 'CONNECTOR_NOT_FOUND' });
  });

  it('tells the author of a package without a default entry what to write', async () => {
    await putPackage('import-only', '{ ".": { "import": "./dist/index.js" } }', definition());
    await expect(loadDefinition('import-only', folder)).rejects.toMatchObject({
      code: 'CONNECTOR_INVALID',
      message: expect.stringContaining('import-only'),
      hint: expect.stringContaining('"default"'),
    });
  });

  it('tells a package that was not built from one that is not there', async () => {
    await put(
      'node_modules/unbuilt/package.json',
      '{ "name": "unbuilt", "version": "1.0.0", "exports": "./dist/index.js" }',
    );
    await put('node_modules/hollow/package.json', '{ "name": "hollow", "version": "1.0.0" }');
    for (const name of ['unbuilt', 'hollow']) {
      await expect(loadDefinition(name, folder)).rejects.toMatchObject({
        code: 'CONNECTOR_INVALID',
        message: expect.stringContaining(join(folder, 'node_modules', name, 'package.json')),
        hint: expect.stringContaining('not built'),
      });
    }
  });

  it('names package, file, wanted and found when the version differs', async () => {
    await putPackage('from-the-future', '{ ".": "./dist/index.js" }', 'export default { apiVersion: 2 };');
    const file = join(folder, 'node_modules/from-the-future/dist/index.js');
    await expect(loadDefinition('from-the-future', folder)).rejects.toMatchObject({
      code: 'CONNECTOR_API_VERSION',
      message: `The connector "from-the-future" (package from-the-future 2.1.0, ${file}) is written for version 2 of the connector interface; this bridge speaks version 1.`,
      hint: expect.stringContaining('Upgrade oto-bridge'),
    });
  });

  it('refuses what is no connector and names each fault', async () => {
    await put('bad/none.mjs', 'export const x = 1;');
    await put('bad/throws.mjs', 'throw new Error("no license");');
    await put(
      'bad/faulty.mjs',
      definition(
        "name: 'Acme ERP', options: {}, open: 1, supports: { read: { stock: { mode: 'incremental', deletes: 'absence' }, sales: {} }, apply: {} },",
      ),
    );
    await expect(loadDefinition('./bad/none.mjs', folder)).rejects.toMatchObject({
      code: 'CONNECTOR_INVALID',
      message: expect.stringContaining('no default export made by defineConnector, only x.'),
    });
    await expect(loadDefinition('./bad/throws.mjs', folder)).rejects.toMatchObject({
      code: 'CONNECTOR_INVALID',
      message: expect.stringContaining('no license'),
    });
    const faulty = loadDefinition('./bad/faulty.mjs', folder);
    await expect(faulty).rejects.toMatchObject({ code: 'CONNECTOR_INVALID' });
    for (const part of [
      'name: must be kebab-case',
      'options: must be a zod 4 schema',
      'open: must be a function',
      "needs mode: 'full'",
      'sales',
    ]) {
      await expect(faulty).rejects.toThrow(part);
    }
  });
});

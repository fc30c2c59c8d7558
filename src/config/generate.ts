/**
 * `npm run generate`: writes what is derived from the code. A script: nothing imports it but its test, and it alone may look at every folder.
 */
import { spawnSync } from 'node:child_process';
import { globSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { createRequire, stripTypeScriptTypes } from 'node:module';
import { dirname, join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { stringify } from 'yaml';
import { loadDefinition } from '../connector/registry.ts';
import type { ErrorCode } from '../lib/errors.ts';
import { otoOpenApi } from '../oto/openapi.ts';
import { between, editorSchema, errorDocument, exampleYaml, optionTable } from './generated.ts';
import { configSchema } from './schema.ts';

const root = join(import.meta.dirname, '..', '..');

/** Every code of every `errors.ts`. Throws when two tables use one code. */
export async function collectErrorCodes(): Promise<ErrorCode[]> {
  const codes = new Map<string, ErrorCode>();
  for (const file of globSync('src/**/errors.ts', { cwd: root }).sort()) {
    const module: Record<string, unknown> = await import(pathToFileURL(join(root, file)).href);
    for (const table of Object.values(module)) {
      if (typeof table !== 'object' || table === null) continue;
      for (const entry of Object.values(table as Record<string, ErrorCode>)) {
        if (codes.has(entry.code))
          throw new Error(`The code ${entry.code} is declared twice, the second time in ${file}.`);
        codes.set(entry.code, entry);
      }
    }
  }
  return [...codes.values()];
}

/** Where `connector new` takes its files from. */
const templates = 'src/cli/connector-template';

/** The example of the guide as JavaScript: what `connector new` writes is what the guide explains. */
function connectorTemplate(): Map<string, string> {
  const guide = readFileSync(join(root, 'connectors/README.md'), 'utf8');
  const files = [...guide.matchAll(/^`([\w./-]+)\.ts`\n\n```ts\n([\s\S]*?)^```$/gm)];
  return new Map(
    files.map(([, path = '', text = '']) => {
      const script = stripTypeScriptTypes(text).replaceAll(/(from '\.[^']*)\.ts'/g, "$1.js'");
      return [join(templates, `${path}.js`), formatted(`${path}.js`, script)];
    }),
  );
}

function formatted(path: string, script: string): string {
  const biome = join(dirname(createRequire(import.meta.url).resolve('@biomejs/biome/package.json')), 'bin', 'biome');
  const args = [biome, 'format', `--stdin-file-path=${path}`];
  const { status, stdout, stderr } = spawnSync(process.execPath, args, { cwd: root, input: script, encoding: 'utf8' });
  if (status !== 0) throw new Error(`${path} cannot be formatted: ${stderr}`);
  return stdout;
}

/** The generated files by their path from the top. */
export async function generateAll(): Promise<Map<string, string>> {
  const csv = await loadDefinition('csv', root);
  const sql = await loadDefinition('sql', root);
  const http = await loadDefinition('http', root);
  const odoo = await loadDefinition('odoo', root);
  const odooGuide = readFileSync(join(root, 'docs/odoo.md'), 'utf8');
  let guide = readFileSync(join(root, 'docs/configuration.md'), 'utf8');
  for (const [mark, schema] of [
    ['options', configSchema],
    ['csv-options', csv.options],
    ['sql-options', sql.options],
    ['http-options', http.options],
  ] as const)
    guide = between(guide, mark, optionTable(schema));
  return new Map([
    ['config/example.yaml', exampleYaml('csv', csv.options, csv.example)],
    ['config/schema.json', editorSchema()],
    ['docs/configuration.md', guide],
    ['docs/odoo.md', between(odooGuide, 'odoo-options', optionTable(odoo.options))],
    ['docs/errors.md', errorDocument(await collectErrorCodes())],
    ['docs/oto-openapi.yaml', stringify(otoOpenApi(), { aliasDuplicateObjects: false, lineWidth: 120 })],
    ...connectorTemplate(),
  ]);
}

if (import.meta.main) {
  for (const [file, content] of await generateAll()) {
    mkdirSync(dirname(join(root, file)), { recursive: true });
    writeFileSync(join(root, file), content);
    process.stdout.write(`${file}\n`);
  }
}

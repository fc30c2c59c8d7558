/**
 * `npm run generate`: writes what is derived from the code. A script: nothing imports it but its test, and it alone may look at every folder.
 */
import { globSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { loadDefinition } from '../connector/registry.ts';
import type { ErrorCode } from '../lib/errors.ts';
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

/** The generated files by their path from the top. */
export async function generateAll(): Promise<Map<string, string>> {
  const csv = await loadDefinition('csv', root);
  const odoo = await loadDefinition('odoo', root);
  const odooGuide = readFileSync(join(root, 'docs/odoo.md'), 'utf8');
  const guide = readFileSync(join(root, 'docs/configuration.md'), 'utf8');
  const withOptions = between(guide, 'options', optionTable(configSchema));
  return new Map([
    ['config/example.yaml', exampleYaml('csv', csv.options, csv.example)],
    ['config/schema.json', editorSchema()],
    ['docs/configuration.md', between(withOptions, 'csv-options', optionTable(csv.options))],
    ['docs/odoo.md', between(odooGuide, 'odoo-options', optionTable(odoo.options))],
    ['docs/errors.md', errorDocument(await collectErrorCodes())],
  ]);
}

if (import.meta.main) {
  for (const [file, content] of await generateAll()) {
    writeFileSync(join(root, file), content);
    process.stdout.write(`${file}\n`);
  }
}

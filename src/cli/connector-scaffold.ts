import { access, mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { dirname, join, relative } from 'node:path';
import { BridgeError } from '../lib/errors.ts';
import { cliErrors } from './errors.ts';

const templates = join(import.meta.dirname, 'connector-template');

/** Writes a connector package that passes the contract kit as it stands: the example of the guide, under a name of its own. */
export async function scaffold(name: string, folder: string, version: string): Promise<string[]> {
  if (!/^[a-z][a-z0-9]*(-[a-z0-9]+)*$/.test(name)) {
    throw new BridgeError(cliErrors.CLI_USAGE, {
      message: `"${name}" is no name for a connector.`,
      hint: 'Small letters, digits and hyphens: `my-erp`.',
    });
  }
  if (await exists(folder)) {
    throw new BridgeError(cliErrors.CLI_USAGE, {
      message: `${folder} is there already. Nothing was written.`,
      hint: 'Take another name, or `--dir` for another place.',
      place: { file: folder },
    });
  }
  const title = name
    .split('-')
    .map((word) => word.charAt(0).toUpperCase() + word.slice(1))
    .join(' ');
  const files = new Map([
    ['package.json', `${JSON.stringify(manifestOf(name, title, version), null, 2)}\n`],
    ['README.md', readme(name, title)],
  ]);
  for (const entry of await readdir(templates, { recursive: true, withFileTypes: true })) {
    if (!entry.isFile()) continue;
    const path = join(entry.parentPath, entry.name);
    files.set(relative(templates, path), named(await readFile(path, 'utf8'), name, title));
  }
  for (const [path, text] of files) {
    await mkdir(dirname(join(folder, path)), { recursive: true });
    await writeFile(join(folder, path), text, { flag: 'wx' });
  }
  return [...files.keys()].sort();
}

function named(text: string, name: string, title: string): string {
  return text.replace("name: 'shop'", `name: '${name}'`).replace("title: 'Shop'", `title: '${title}'`);
}

function manifestOf(name: string, title: string, version: string): object {
  return {
    name: `oto-bridge-connector-${name}`,
    version: '0.1.0',
    description: `${title} for oto-bridge.`,
    type: 'module',
    engines: { node: '>=24' },
    keywords: ['oto-bridge-connector'],
    main: './src/index.js',
    exports: { '.': './src/index.js', './package.json': './package.json' },
    files: ['src'],
    scripts: { test: 'node --test "test/*.test.js"' },
    // The bridge that loads the connector brings both.
    peerDependencies: { 'oto-bridge': `^${version}`, zod: '^4.6.0' },
    // So npm does not look for them in a registry, beside a bridge that is there already.
    peerDependenciesMeta: { 'oto-bridge': { optional: true }, zod: { optional: true } },
  };
}

function readme(name: string, title: string): string {
  return `# ${title} for oto-bridge

Reads products and stock of ${title}. As it was made, it reads a small shop with an HTTP API, and \`test/fake.js\` is that shop: change the fake until it
answers as your ERP does, then the connector until the tests pass again.

    npx oto-bridge connector test .     the contract tests, against the fake
    npm test                            the same, once \`npm install\` has brought oto-bridge

## In a configuration

    sources:
      erp:
        connector: oto-bridge-connector-${name}      # or the path of this folder, while it is being written
        options: { url: "https://shop.example.com", token: "\${SHOP_TOKEN}" }

## Rights that it needs

Say here which user, token or role the ERP has to give, and what it may do.
`;
}

async function exists(path: string): Promise<boolean> {
  return access(path).then(
    () => true,
    () => false,
  );
}

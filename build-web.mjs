/**
 * `npm run build:web`: builds the page at `/station` into `dist/web`, with a compressed copy beside each file.
 * With `--if-possible`, as `npm ci` calls it: does nothing where the builder or the page's source is not installed.
 */
import { createHash } from 'node:crypto';
// As a whole: on an older Node, which may only find that there is nothing to do, a missing name would end it.
import fs from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { brotliCompressSync, constants, gzipSync } from 'node:zlib';

const { existsSync, globSync, readFileSync, writeFileSync } = fs;
const root = dirname(fileURLToPath(import.meta.url));
const dist = join(root, 'dist/web');

const possible = ['node_modules/vite', 'vite.config.ts', 'src/web'].every((path) => existsSync(join(root, path)));
if (possible || !process.argv.includes('--if-possible')) {
  const { build } = await import('vite');
  await build({ configFile: join(root, 'vite.config.ts'), logLevel: 'warn' });
  nameShell();
  for (const name of globSync('**/*.{css,html,js,json,svg,webmanifest}', { cwd: dist })) {
    const file = join(dist, name);
    const text = readFileSync(file);
    writeFileSync(`${file}.gz`, gzipSync(text, { level: 9 }));
    const quality = { [constants.BROTLI_PARAM_QUALITY]: constants.BROTLI_MAX_QUALITY };
    writeFileSync(`${file}.br`, brotliCompressSync(text, { params: quality }));
  }
}

/** Tells the service worker which files the page consists of. */
function nameShell() {
  const worker = join(dist, 'sw.js');
  const files = globSync('**/*.*', { cwd: dist })
    .map((file) => file.replaceAll('\\', '/'))
    .filter((file) => file !== 'sw.js' && file !== 'index.html')
    .sort();
  const hash = createHash('sha256');
  for (const file of ['index.html', ...files])
    hash
      .update(file)
      .update('\0')
      .update(readFileSync(join(dist, file)));
  const shell = JSON.stringify({ version: hash.digest('hex').slice(0, 16), files });
  const text = readFileSync(worker, 'utf8');
  if (!text.includes('OTO_BRIDGE_SHELL')) throw new Error('the service worker does not ask for its files any more');
  writeFileSync(worker, text.replaceAll('OTO_BRIDGE_SHELL', shell));
}

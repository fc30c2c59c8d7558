/**
 * `npm run build:web`: builds the page at `/station` into `dist/web`, with a compressed copy beside each file.
 * With `--if-possible`, as `npm ci` calls it: does nothing where the builder or the page's source is not installed.
 */
import { existsSync, globSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { brotliCompressSync, constants, gzipSync } from 'node:zlib';

const root = dirname(fileURLToPath(import.meta.url));
const dist = join(root, 'dist/web');

const possible = ['node_modules/vite', 'vite.config.ts', 'src/web'].every((path) => existsSync(join(root, path)));
if (possible || !process.argv.includes('--if-possible')) {
  const { build } = await import('vite');
  await build({ configFile: join(root, 'vite.config.ts'), logLevel: 'warn' });
  for (const name of globSync('**/*.{css,html,js,json,svg,webmanifest}', { cwd: dist })) {
    const file = join(dist, name);
    const text = readFileSync(file);
    writeFileSync(`${file}.gz`, gzipSync(text, { level: 9 }));
    const quality = { [constants.BROTLI_PARAM_QUALITY]: constants.BROTLI_MAX_QUALITY };
    writeFileSync(`${file}.br`, brotliCompressSync(text, { params: quality }));
  }
}

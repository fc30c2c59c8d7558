/** `npm run build`: compiles to `dist/`, copies what is no TypeScript and builds the page at `/station`. */
import { spawnSync } from 'node:child_process';
import { chmodSync, cpSync, existsSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';

const root = import.meta.dirname;
const dist = join(root, 'dist');

/** Read at run time by their path beside the compiled file that uses them. */
const assets = ['src/store/migrations', 'src/cli/connector-template'];

rmSync(dist, { recursive: true, force: true });

const tsc = join(dirname(createRequire(import.meta.url).resolve('typescript/package.json')), 'bin', 'tsc');
const { status } = spawnSync(process.execPath, [tsc, '-p', join(root, 'tsconfig.build.json')], { stdio: 'inherit' });
if (status !== 0) process.exit(status ?? 1);

for (const asset of assets) cpSync(join(root, asset), join(dist, asset), { recursive: true });

const web = spawnSync(process.execPath, [join(root, 'build-web.mjs')], { stdio: 'inherit' });
if (web.status !== 0) process.exit(web.status ?? 1);

const command = join(dist, 'src/cli/main.js');
if (existsSync(command)) chmodSync(command, 0o755);

import { messageOf } from '../src/lib/errors.ts';
import type { Bench } from './bench.ts';

/** Every measurement, each in a file of its own. A result is a ratio to a reference that ran in the same minute. */
const benches: Readonly<Record<string, () => Promise<{ default: Bench }>>> = {
  fuzz: () => import('./fuzz.ts'),
  intake: () => import('./intake.ts'),
  push: () => import('./push.ts'),
  receipt: () => import('./receipt.ts'),
  soak: () => import('./soak.ts'),
  station: () => import('./station.ts'),
  webhooks: () => import('./webhooks.ts'),
};

async function main(): Promise<number> {
  const [name = '', ...rest] = process.argv.slice(2);
  const open = Object.hasOwn(benches, name) ? benches[name] : undefined;
  if (open === undefined) {
    process.stderr.write(`Usage: npm run -s bench -- ${Object.keys(benches).join('|')} [--json]\n`);
    return 1;
  }
  const json = rest.includes('--json');
  const bench = (await open()).default;
  const result = await bench.run(
    rest.filter((argument) => argument !== '--json'),
    (line) => process.stderr.write(`${line}\n`),
  );
  process.stdout.write(json ? `${JSON.stringify(result, null, 2)}\n` : `${bench.text(result)}\n`);
  return 0;
}

try {
  process.exitCode = await main();
} catch (error) {
  process.stderr.write(`${messageOf(error)}\n`);
  process.exitCode = 1;
}

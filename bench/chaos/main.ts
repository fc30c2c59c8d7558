/** `npm run -s chaos -- --operations N --seed S [--minutes M] [--json]`; docs/chaos.md says what it does. */
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { messageOf } from '../../src/lib/errors.ts';
import { buildMutant, isMutant, mutantNames } from './mutants.ts';
import { replayOf, textOf } from './report.ts';
import { chaos } from './run.ts';
import { removeFolder } from './site.ts';

const usage = `Usage: npm run -s chaos -- --operations N --seed S [--minutes M] [--json] [--keep] [--mutant ${mutantNames.join('|')}]`;
const root = fileURLToPath(new URL('../..', import.meta.url));

async function main(): Promise<number> {
  const { values } = parseArgs({
    options: {
      operations: { type: 'string', default: '500' },
      seed: { type: 'string', default: '1' },
      minutes: { type: 'string', default: '20' },
      json: { type: 'boolean', default: false },
      keep: { type: 'boolean', default: false },
      mutant: { type: 'string' },
    },
  });
  const operations = whole('operations', values.operations);
  const seed = whole('seed', values.seed);
  const minutes = Number(values.minutes);
  if (!(minutes > 0)) throw new Error('--minutes takes a number above 0');
  const { mutant } = values;
  if (mutant !== undefined && !isMutant(mutant)) throw new Error(`there is no mutant "${mutant}"\n${usage}`);
  const stop = new AbortController();
  for (const signal of ['SIGINT', 'SIGTERM'] as const)
    process.once(signal, () => stop.abort(new Error(`ended by ${signal}`)));
  await using build = mutant === undefined ? undefined : await buildMutant(root, mutant);
  const result = await chaos({
    operations,
    seed,
    minutes,
    build: build?.folder ?? root,
    signal: stop.signal,
    say: (line) => process.stderr.write(`${line}\n`),
  });
  const good = result.problems.length === 0 && result.duplicates === 0 && result.lost === 0;
  const { folder, ...shown } = result;
  process.stdout.write(values.json ? `${JSON.stringify(shown, null, 2)}\n` : `${textOf(result)}\n`);
  if (!good) process.stderr.write(`${replayOf(result, { operations, minutes, mutant })}\n`);
  else if (!values.keep) await removeFolder(folder);
  return good ? 0 : 1;
}

function whole(name: string, text: string): number {
  const number = Number(text);
  if (!Number.isSafeInteger(number) || number < 1) throw new Error(`--${name} takes a whole number from 1\n${usage}`);
  return number;
}

try {
  process.exitCode = await main();
} catch (error) {
  process.stderr.write(`${messageOf(error)}\n`);
  process.exitCode = 1;
}

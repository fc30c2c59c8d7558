import { defineBench } from './bench.ts';
import { type FuzzResult, fuzz } from './fuzz/fuzz.ts';

function option(args: readonly string[], name: string, fallback: number): number {
  const at = args.indexOf(`--${name}`);
  if (at < 0) return fallback;
  const value = Number(args[at + 1]);
  if (!Number.isSafeInteger(value) || value < 1) throw new Error(`--${name} takes a whole number above 0.`);
  return value;
}

/** No measurement but a trial: it throws at the first row that is read otherwise than it must be. */
export default defineBench<FuzzResult>({
  summary: 'reads CSV files with every oddity that ERPs write, and compares each row with what must become of it',
  run: (args, say) => fuzz(option(args, 'rows', 1_000_000), option(args, 'seed', 1), { say }),
  text: ({ rows, files, accepted, rejected, leftOut, seconds, rssMb, seed }) =>
    `${rows} rows in ${files} files from seed ${seed}: ${accepted} accepted, ${rejected} rejected, ${leftOut} left out with their documents; ` +
    `every one as it must be. ${seconds} s, ${rssMb} MB.`,
});

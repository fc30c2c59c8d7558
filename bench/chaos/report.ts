import type { ChaosResult } from './run.ts';

export function textOf(result: ChaosResult): string {
  const { faults, kinds, struck, problems } = result;
  const total = Object.values(faults).reduce((sum, count) => sum + count, 0);
  const named = (counts: Readonly<Record<string, number>>) =>
    Object.entries(counts)
      .sort(([, a], [, b]) => b - a)
      .map(([name, count]) => `${name} ${count}`)
      .join(' · ');
  return [
    `seed ${result.seed}: ${result.operations} operations in ${result.seconds} s, ${result.calls} calls`,
    `  switches     ${Object.entries(result.switches)
      .map(([name, side]) => `${name} ${side}`)
      .join(' · ')}`,
    `  operations   ${named(kinds)}`,
    `  faults       ${total}: ${named(faults)}`,
    `  workers      ${result.kills} killed · ${struck.pauses} stopped past their lease, ${struck.aimed} of them in the middle of a call`,
    `  around them  ${struck.restarts} restarts of PostgreSQL · ${struck.revocations} token revocations · ${struck.outages} outages`,
    `  parked       ${result.parked} (decided: ${named(result.decided)})`,
    `  quarantined  ${result.quarantined}${result.held.map(({ reason }) => `\n    ${reason}`).join('')}`,
    `  duplicates   ${result.duplicates}`,
    `  lost         ${result.lost}`,
    `  stale        ${result.stale}`,
    ...problems.map((problem) => `NOT ${problem}`),
    problems.length === 0 ? 'holds' : 'fails',
  ].join('\n');
}

/** How to see it again, and where to look. */
export function replayOf(
  { seed, folder }: ChaosResult,
  {
    operations,
    minutes,
    mutant,
  }: { readonly operations: number; readonly minutes: number; readonly mutant: string | undefined },
): string {
  const of = mutant === undefined ? '' : ` --mutant ${mutant}`;
  return [
    `Again: npm run -s chaos -- --operations ${operations} --seed ${seed} --minutes ${minutes}${of}`,
    `Logs:  ${folder}/logs`,
  ].join('\n');
}

/** Builds with one safeguard taken out. A chaos run that does not fail with them would prove nothing about the build that has it. */
import { cp, mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

interface Mutation {
  readonly file: string;
  readonly from: string;
  readonly to: string;
}

export const mutants = {
  /** A call whose outcome nobody knows is sent again, as most programs do. */
  'resend-unknown': [
    {
      file: 'src/engine/judge.ts',
      from: "to: 'unknown',\n        why: outcome.message,",
      to: "to: 'ready',\n        why: outcome.message,",
    },
  ],
  /** A worker sends what it has claimed, however long ago that was. */
  'no-fence': [
    {
      file: 'src/engine/push.ts',
      from: 'const deadline = deadlineIn(sendingMs(bridge));',
      to: 'const deadline = deadlineIn(3_600_000);',
    },
  ],
} as const satisfies Readonly<Record<string, readonly Mutation[]>>;

export type Mutant = keyof typeof mutants;
export const mutantNames = Object.keys(mutants) as Mutant[];

export function isMutant(name: string): name is Mutant {
  return Object.hasOwn(mutants, name);
}

/** A copy of the sources with the mutation. Throws when the text to replace is not there exactly once: it has been rewritten since. */
export async function buildMutant(root: string, name: Mutant): Promise<AsyncDisposable & { readonly folder: string }> {
  const folder = await mkdtemp(join(tmpdir(), `oto-bridge-${name}-`));
  const remove = () => rm(folder, { recursive: true, force: true, maxRetries: 5 });
  try {
    for (const part of ['src', 'connectors', 'package.json'])
      await cp(join(root, part), join(folder, part), { recursive: true });
    await symlink(join(root, 'node_modules'), join(folder, 'node_modules'));
    for (const { file, from, to } of mutants[name]) {
      const text = await readFile(join(folder, file), 'utf8');
      if (text.split(from).length !== 2)
        throw new Error(`the mutant ${name} cannot be built: ${file} does not hold just once: ${from}`);
      await writeFile(join(folder, file), text.replace(from, to));
    }
  } catch (error) {
    await remove();
    throw error;
  }
  return { folder, [Symbol.asyncDispose]: remove };
}

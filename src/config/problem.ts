import { BridgeError } from '../lib/errors.ts';
import { configErrors } from './errors.ts';

export type Path = readonly (string | number)[];

/** One thing that is wrong in the configuration, before its place in the file is known. */
export interface Finding {
  readonly path: Path;
  /** What is wrong, as the rest of a sentence that starts with the path. Never holds a secret. */
  readonly message: string;
  readonly hint?: string | undefined;
  /** Points at the key instead of its value: for keys that should not be there. */
  readonly atKey?: boolean;
}

export interface Problem {
  readonly path: string;
  readonly line: number;
  readonly column: number;
  /** As written in the file; absent for secrets and for groups. */
  readonly value?: string;
  readonly message: string;
  readonly hint?: string;
}

/** `locations[2].oto`; a key that is no plain word is quoted. */
export function pathText(path: Path): string {
  let text = '';
  for (const part of path) {
    if (typeof part === 'number') text += `[${part}]`;
    else if (/^[\w-]+$/.test(part)) text += text === '' ? part : `.${part}`;
    else text += `[${JSON.stringify(part)}]`;
  }
  return text;
}

export function invalid(file: string, problems: readonly Problem[]): BridgeError {
  const count = problems.length === 1 ? 'one problem' : `${problems.length} problems`;
  const lines = problems.map(({ path, line, column, value, message, hint }) => {
    const what = [path, message].filter((part) => part !== '').join(' ');
    const shown = value === undefined || what.includes(value) ? '' : ` (it is ${value})`;
    return `  ${line}:${column}  ${what}${shown}.${hint === undefined ? '' : `\n        ${hint}`}`;
  });
  return new BridgeError(configErrors.CONFIG_INVALID, {
    message: `The configuration ${file} has ${count}:\n${lines.join('\n')}`,
    hint: 'Correct the file, then run `oto-bridge check`.',
    place: { file, line: problems[0]?.line, path: problems[0]?.path },
    data: { file, problems },
  });
}

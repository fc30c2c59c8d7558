import { z } from 'zod';
import { type Dialect, tokens } from './tokens.ts';

/** The names of a statement's parameters, as often as they stand there. */
export function parametersOf(sql: string): string[] {
  return [...tokens(sql, 'postgres')].flatMap((token) => (token.kind === 'parameter' ? [token.text] : []));
}

/** One statement with the parameters that a read or a command fills in; others are refused. */
export function statementOption(parameters: readonly string[]) {
  return z
    .string()
    .min(1)
    .superRefine((sql, issues) => {
      const odd = parametersOf(sql).find((name) => !parameters.includes(name));
      if (odd === undefined) return;
      const names = parameters.map((name) => `:${name}`).join(', ');
      issues.addIssue({
        code: 'custom',
        message: `has the parameter :${odd}; ${parameters.length === 0 ? 'it takes none' : `it takes ${names}`}`,
      });
    });
}

export interface Bound {
  readonly sql: string;
  /** In the order in which the driver wants them. */
  readonly values: readonly (string | null)[];
  readonly names: readonly string[];
}

/** The statement as the dialect's driver takes it, without a closing semicolon. A parameter that stands twice is bound once or twice, as the driver needs. */
export function bind(sql: string, dialect: Dialect, parameters: Readonly<Record<string, string | null>>): Bound {
  let text = '';
  const values: (string | null)[] = [];
  const names: string[] = [];
  for (const token of tokens(sql, dialect)) {
    if (token.kind === 'end') break;
    if (token.kind !== 'parameter') {
      text += token.text;
      continue;
    }
    const known = names.indexOf(token.text);
    if (dialect === 'mysql' || known < 0) {
      values.push(parameters[token.text] ?? null);
      names.push(token.text);
    }
    const place = known < 0 ? names.length : known + 1;
    text += dialect === 'mysql' ? '?' : dialect === 'postgres' ? `$${place}` : `@${token.text}`;
  }
  return { sql: text.trimEnd(), values, names };
}

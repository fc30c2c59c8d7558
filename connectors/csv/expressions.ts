import { type ASTNode, Environment, EvaluationError } from '@marcbachmann/cel-js';
import Big from 'big.js';
import { patternProblem } from './expression-patterns.ts';
import { isRefused, type NumberReader, type Refused } from './numbers.ts';

/**
 * Expressions over one row, in CEL (https://cel.dev): no loops, no side effects, checked for its types before any row is read.
 * What could take long or grow without bound is left out: macros, `join`, lookups by computed column names, open-ended patterns.
 */

/** What an expression gives: text, a whole number, an exact decimal, or yes and no. */
export type ResultType = 'string' | 'int' | 'Decimal' | 'bool';

export interface Expression {
  readonly text: string;
  readonly type: ResultType;
  /** The columns that it reads, by name. */
  readonly columns: readonly string[];
  /** `row` holds the text of each of `columns`. A row on which it fails is refused; nothing is thrown. */
  evaluate(row: Readonly<Record<string, string>>): string | boolean | Refused;
}

/** Longest value that an expression works on: patterns on longer ones could take seconds. */
export const longestOperand = 1000;
const longestExpression = 2000;
const longestNumber = 60;
const longestPadding = 255;

const functions = new Set([
  ...['decimal', 'int', 'string', 'size', 'contains', 'startsWith', 'endsWith', 'indexOf', 'lastIndexOf', 'substring'],
  ...['lowerAscii', 'upperAscii', 'trim', 'split', 'matches', 'replace', 'padStart'],
]);

const operators = new Set([
  ...['value', 'list', 'map', '?:', '||', '&&', '!_', '-_'],
  ...['!=', '==', 'in', '+', '-', '*', '/', '%', '<', '<=', '>', '>='],
]);

/** CEL's own doubles are floats; this one is exact. */
class Decimal {
  readonly value: Big;
  constructor(value: Big) {
    this.value = value;
  }
}

/** Making one costs milliseconds. */
const environments = new WeakMap<NumberReader, Environment>();

function environmentOf(toDecimal: NumberReader): Environment {
  const known = environments.get(toDecimal);
  if (known !== undefined) return known;
  const decimal = (text: string): Decimal => {
    const plain = text.length > longestNumber ? { refused: 'is too long for a number' } : toDecimal(text);
    if (isRefused(plain)) throw new EvaluationError(`decimal("${text.slice(0, 40)}") ${plain.refused}`);
    return new Decimal(new Big(plain));
  };
  const environment = new Environment({ limits: { maxAstNodes: 300, maxDepth: 40, maxListElements: 200 } })
    .registerVariable('row', 'map<string, string>')
    .registerType('Decimal', { ctor: Decimal, fields: {} })
    .registerFunction('decimal(string): Decimal', decimal)
    .registerFunction('decimal(int): Decimal', (value: bigint) => new Decimal(new Big(String(value))))
    .registerFunction('string(Decimal): string', ({ value }: Decimal) => value.toFixed())
    .registerFunction('string.replace(string, string): string', replace)
    .registerFunction('string.padStart(int, string): string', (text: string, width: bigint, filler: string) => {
      if (width > longestPadding) throw new EvaluationError(`padStart fills up to ${longestPadding} characters`);
      return text.padStart(Number(width), filler);
    })
    .registerOperator('-Decimal', (a: Decimal) => new Decimal(a.value.neg()));
  const exact = { '+': 'plus', '-': 'minus', '*': 'times' } as const;
  for (const [operator, method] of Object.entries(exact)) {
    environment.registerOperator(
      `Decimal ${operator} Decimal`,
      (a: Decimal, b: Decimal) => new Decimal(a.value[method](b.value)),
    );
  }
  const compared = { '==': 'eq', '<': 'lt', '<=': 'lte', '>': 'gt', '>=': 'gte' } as const;
  for (const [operator, method] of Object.entries(compared)) {
    environment.registerOperator(`Decimal ${operator} Decimal`, (a: Decimal, b: Decimal) => a.value[method](b.value));
  }
  environments.set(toDecimal, environment);
  return environment;
}

function replace(text: string, from: string, to: string): string {
  if (from === '') throw new EvaluationError('replace needs something to look for');
  const parts = text.split(from);
  // Nested, it could grow without bound.
  if (text.length + parts.length * to.length > 10 * longestOperand) throw new EvaluationError('replace grows too long');
  return parts.join(to);
}

/** Goes through the whole expression: gathers the columns, and refuses what is left out on purpose. */
class Inspection {
  readonly columns = new Set<string>();
  problem: string | undefined;

  visit(node: ASTNode): void {
    if (this.problem !== undefined) return;
    switch (node.op) {
      case '.':
      case '[]': {
        const [target, key] = node.args;
        if (target.op === 'id') this.#column(target.args, key);
        else if (node.op === '.')
          this.problem = `"." before "${String(key)}" stands after something that is not \`row\``;
        else this.#all([target, ...(typeof key === 'string' ? [] : [key])]);
        return;
      }
      case 'id':
        this.problem =
          node.args === 'row'
            ? '`row` is used by itself; write `row["Column name"]`'
            : `there is no variable "${node.args}"; only \`row["Column name"]\``;
        return;
      case 'call':
        this.#call(node.args[0], node.args[1]);
        return;
      case 'rcall':
        this.#call(node.args[0], [node.args[1], ...node.args[2]]);
        return;
      default: {
        if (!operators.has(node.op)) this.problem = `"${node.op}" cannot be used here`;
        else if (node.op !== 'value') this.#all([node.args].flat(2) as ASTNode[]);
      }
    }
  }

  #all(nodes: readonly ASTNode[]): void {
    for (const node of nodes) this.visit(node);
  }

  #column(name: string, key: string | ASTNode): void {
    const column = typeof key === 'string' ? key : key.op === 'value' ? key.args : undefined;
    if (name !== 'row') this.problem = `there is no variable "${name}"; only \`row["Column name"]\``;
    else if (typeof column !== 'string') this.problem = 'a column is named by a plain text: `row["Column name"]`';
    else this.columns.add(column);
  }

  #call(name: string, args: readonly ASTNode[]): void {
    if (!functions.has(name)) {
      this.problem = `"${name}" cannot be used here; there are ${[...functions].join(', ')}`;
      return;
    }
    if (name === 'matches') {
      const pattern = args.at(-1);
      this.problem =
        pattern?.op === 'value' && typeof pattern.args === 'string'
          ? patternProblem(pattern.args)
          : '`matches` takes a pattern that is written out';
    }
    this.#all(args);
  }
}

function told(error: { readonly summary?: string; readonly message: string } | undefined): string {
  return error?.summary ?? error?.message ?? 'cannot be read';
}

/** Compiles and checks an expression that has to give one of `types`. Returns the reason where it cannot be used. */
export function compile(text: string, types: readonly ResultType[], toDecimal: NumberReader): Expression | Refused {
  if (text.length > longestExpression) return { refused: `is longer than ${longestExpression} characters` };
  const env = environmentOf(toDecimal);
  let parsed: ReturnType<Environment['parse']>;
  try {
    parsed = env.parse(text);
  } catch (error) {
    return { refused: `is no expression: ${told(error as Error)}` };
  }
  const inspection = new Inspection();
  inspection.visit(parsed.ast);
  if (inspection.problem !== undefined) return { refused: inspection.problem };
  const { valid, type, error } = parsed.check();
  if (!valid) return { refused: told(error) };
  if (!types.includes(type as ResultType)) {
    return { refused: `gives ${type}, where ${types.join(' or ')} is needed` };
  }
  return {
    text,
    type: type as ResultType,
    columns: [...inspection.columns],
    evaluate(row) {
      try {
        const value: unknown = parsed({ row });
        if (value instanceof Decimal) return value.value.toFixed();
        return typeof value === 'boolean' ? value : String(value);
      } catch (error) {
        return { refused: `cannot be worked out from this row: ${told(error as Error)}` };
      }
    },
  };
}

import { AsyncLocalStorage } from 'node:async_hooks';
import { type DestinationStream, type Logger, pino } from 'pino';
import { createRedactor, type Redactor } from './redact.ts';

export type { Logger } from 'pino';
export type LogLevel = 'silent' | 'error' | 'warn' | 'info' | 'debug' | 'trace';

export interface LoggerOptions {
  readonly level: LogLevel;
  /** All secret values known now; asked for each line, because tokens are renewed. Values under four characters cannot be hidden. */
  readonly secrets: () => readonly string[];
  /** Standard error unless given. */
  readonly destination?: DestinationStream | undefined;
  /** Short lines for a person instead of JSON. */
  readonly pretty?: boolean | undefined;
}

/**
 * A logger whose lines hold no secret, whatever field it was put in: the finished line is searched, not a list of field names,
 * because a secret also arrives inside an error's text, an address or an ERP's answer.
 */
export function createLogger(options: LoggerOptions): Logger {
  const destination = options.destination ?? pino.destination({ dest: 2, sync: true });
  const redactor = createRedactor(options.secrets);
  const stream: DestinationStream = {
    write(line: string): void {
      const clean = cleanLine(line, redactor);
      destination.write(options.pretty === true ? prettyLine(clean) : clean);
    },
  };
  return pino({ level: options.level, base: null, timestamp: pino.stdTimeFunctions.isoTime, mixin: fieldsOf }, stream);
}

type Fields = Readonly<Record<string, string | number | null>>;

const course = new AsyncLocalStorage<Fields>();

/**
 * Every line that is written in the course of `work`, wherever and by whatever logger of ours, carries `fields`: a call to OTO three
 * floors down names the run and the operation that it was made for. Inner fields go before outer ones.
 */
export function within<T>(fields: Fields, work: () => T): T {
  return course.run({ ...course.getStore(), ...fields }, work);
}

/** What outlives the course in which it began, such as a pooled connection, must not speak in its name. */
export function apart<T>(work: () => T): T {
  return course.exit(work);
}

function fieldsOf(_line: object, _level: number, logger: Logger): Record<string, unknown> {
  const fields = course.getStore();
  // pino writes into what it gets here.
  if (fields === undefined) return {};
  // A child logger names its own source already, and a line must not hold one key twice.
  const bound = logger.bindings();
  return Object.fromEntries(Object.entries(fields).filter(([name]) => !(name in bound)));
}

const mayHoldCredential = /authorization|cookie|x-api-key/i;

function cleanLine(line: string, redactor: Redactor): string {
  if (redactor.text(line) === line && !mayHoldCredential.test(line)) return line;
  try {
    // Data, not text, is rewritten: cutting a secret out of the text could leave a line that is no JSON.
    return redactor.text(`${JSON.stringify(redactor.data(JSON.parse(line)))}\n`);
  } catch {
    return redactor.text(line);
  }
}

const levelNames: Record<number, string> = {
  10: 'trace',
  20: 'debug',
  30: 'info',
  40: 'warn',
  50: 'error',
  60: 'fatal',
};

function prettyLine(line: string): string {
  try {
    const { level, time, msg, err, ...rest } = JSON.parse(line) as Record<string, unknown>;
    const fields = Object.entries(rest).map(
      ([key, value]) => ` ${key}=${typeof value === 'string' ? value : JSON.stringify(value)}`,
    );
    const name = (levelNames[Number(level)] ?? String(level)).toUpperCase().padEnd(5);
    const { stack, message } = (err ?? {}) as { stack?: string; message?: string };
    const trouble = stack ?? message;
    return `${String(time).slice(11, 19)} ${name} ${String(msg ?? '')}${fields.join('')}${trouble === undefined ? '' : `\n  ${trouble}`}\n`;
  } catch {
    return line;
  }
}

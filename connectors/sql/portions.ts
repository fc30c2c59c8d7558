import type { Readable } from 'node:stream';
import type { Row } from './connection.ts';

interface Portions {
  readonly size: number;
  readonly signal: AbortSignal;
  /** Called where the rows were left before their end: what is left would be taken for the answer of the next statement. */
  readonly leave?: () => void;
  readonly explain: (error: unknown) => Error;
  /** Longest wait for a portion, in milliseconds, where the server itself sets no limit. */
  readonly patience?: number | undefined;
}

/** Rows of a stream in portions; the stream stands still while one is worked on. */
export async function* portionsOf(
  stream: Readable,
  { size, signal, leave, explain, patience }: Portions,
): AsyncGenerator<readonly Row[]> {
  const stop = () => stream.destroy(signal.reason as Error);
  signal.addEventListener('abort', stop, { once: true });
  const late = Object.assign(new Error('no row came'), { code: 'ETIMEOUT' });
  const wait = () => (patience === undefined ? undefined : setTimeout(() => stream.destroy(late), patience));
  let timer = wait();
  let portion: Row[] = [];
  let whole = false;
  try {
    for await (const row of stream as AsyncIterable<Row>) {
      portion.push(row);
      if (portion.length < size) continue;
      // Not while the bridge works: only the server's silence counts.
      clearTimeout(timer);
      yield portion;
      signal.throwIfAborted();
      timer = wait();
      portion = [];
    }
    whole = true;
    if (portion.length > 0) yield portion;
  } catch (error) {
    throw explain(error);
  } finally {
    clearTimeout(timer);
    signal.removeEventListener('abort', stop);
    if (!whole) leave?.();
  }
}

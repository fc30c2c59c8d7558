import { type Link, LinkFault } from './link.ts';

/** Ends the connection after a silence, or when nobody waits any more: a server that hangs says nothing at all. */
export function watched<T>(
  link: Link,
  timeoutMs: number,
  work: (alive: () => void) => Promise<T>,
  signal: AbortSignal | undefined,
): Promise<T> {
  return new Promise<T>((resolve, reject) => {
    const silent = () => {
      reject(new LinkFault('lost', `no answer within ${timeoutMs / 1000} s`));
      link.destroy();
    };
    const stop = () => {
      reject(signal?.reason);
      link.destroy();
    };
    let timer = setTimeout(silent, timeoutMs);
    signal?.addEventListener('abort', stop, { once: true });
    work(() => {
      clearTimeout(timer);
      timer = setTimeout(silent, timeoutMs);
    })
      .then(resolve, reject)
      .finally(() => {
        clearTimeout(timer);
        signal?.removeEventListener('abort', stop);
      });
  });
}

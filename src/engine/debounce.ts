/** What comes within a moment of each other is one piece of work: it begins when nothing came for `quietMs`, `longestMs` at most. */
const quietMs = 40;
const longestMs = 200;

/**
 * Gathers calls that come within a moment of each other. Each gets the end of the work that began after it, so what was there when it
 * came is seen by that work. Once `signal` is aborted, no work begins: who waited for it hears the reason.
 */
export function debounced(work: () => Promise<void>, signal: AbortSignal): () => Promise<void> {
  let crowd: { readonly first: number; readonly done: PromiseWithResolvers<void> } | undefined;
  let timer: NodeJS.Timeout | undefined;

  const begin = () => {
    const { done } = crowd ?? {};
    crowd = undefined;
    if (done !== undefined) work().then(done.resolve, done.reject);
  };
  const giveUp = () => {
    clearTimeout(timer);
    crowd?.done.reject(signal.reason);
    crowd = undefined;
  };
  signal.addEventListener('abort', giveUp, { once: true });

  return () => {
    if (signal.aborted) return Promise.reject(signal.reason as Error);
    const now = performance.now();
    crowd ??= { first: now, done: Promise.withResolvers() };
    clearTimeout(timer);
    timer = setTimeout(begin, Math.max(0, Math.min(quietMs, crowd.first + longestMs - now)));
    return crowd.done.promise;
  };
}

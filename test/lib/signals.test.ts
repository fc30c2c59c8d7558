import { getEventListeners } from 'node:events';
import { expect, test } from 'vitest';
import { joinSignals } from '../../src/lib/signals.ts';

test('is aborted with the first of its signals, for that one’s reason', () => {
  const [first, second] = [new AbortController(), new AbortController()];
  using joined = joinSignals(first.signal, undefined, second.signal);
  expect(joined.signal.aborted).toBe(false);
  second.abort('second');
  first.abort('first');
  expect(joined.signal.reason).toBe('second');
});

test('is aborted at once where one of them is', () => {
  using joined = joinSignals(new AbortController().signal, AbortSignal.abort('long ago'));
  expect(joined.signal.reason).toBe('long ago');
});

test('leaves nothing on its signals once it is disposed of, and is not aborted any more', () => {
  const lasting = new AbortController();
  let kept: AbortSignal;
  {
    using joined = joinSignals(lasting.signal);
    kept = joined.signal;
    expect(getEventListeners(lasting.signal, 'abort')).toHaveLength(1);
  }
  expect(getEventListeners(lasting.signal, 'abort')).toHaveLength(0);
  lasting.abort();
  expect(kept.aborted).toBe(false);
});

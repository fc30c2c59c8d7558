import { signal } from '@preact/signals';

const polite = signal('');
const urgent = signal('');

/** Has a screen reader say something: what was scanned, what went wrong. The same text twice is said twice. */
export function announce(text: string, how: 'polite' | 'urgent' = 'polite'): void {
  const where = how === 'urgent' ? urgent : polite;
  where.value = where.value === text ? `${text}\u00a0` : text;
}

export function Announcer() {
  return (
    <>
      <div class="unseen" role="status" aria-live="polite">
        {polite}
      </div>
      <div class="unseen" role="alert" aria-live="assertive">
        {urgent}
      </div>
    </>
  );
}

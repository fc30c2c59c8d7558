import type { ComponentChildren } from 'preact';
import { ageText, now, timeText } from '../clock.ts';
import { live } from '../live.ts';
import { counts, heardAt, otoReadAt, troubleCount, waitingCount } from '../orders.ts';
import { hrefOf } from '../route.ts';
import { location } from '../session.ts';
import { say } from '../texts/index.ts';
import { waitingOf } from '../work.ts';
import { useDevice } from './device-context.ts';
import { Icon, type IconName } from './icon.tsx';

/** OTO's list is read every few minutes; this old it is worth a word. */
const otoStaleMs = 30 * 60_000;

/** What is sent and what waits, on every screen. Green is said only where nothing waits here, and OTO has all that it was told. */
export function StatusBar() {
  const { outbox, updates } = useDevice();
  const text = say.value;
  const { own, foreign } = waitingOf(outbox);
  const connected = live.value === 'live' && outbox.online.value;
  const lost = live.value === 'lost' || !outbox.online.value;
  const [waiting, trouble] = [waitingCount.value, troubleCount.value];
  const conflicts = outbox.conflicts.value.length;
  const readAt = otoReadAt.value;
  const allSent =
    connected && own.length + foreign.length + conflicts + waiting + trouble === 0 && counts.value !== null;
  return (
    <section
      class="status"
      aria-label={text('bar.label')}
      data-status={lost ? 'offline' : allSent ? 'green' : 'waiting'}
    >
      {lost && <OfflineNote />}
      {live.value === 'connecting' && !lost && location.value !== undefined && (
        <Note tone="idle" icon="clock">
          {text('bar.connecting')}
        </Note>
      )}
      {updates.ready.value && (
        <Note tone="idle" icon="box" name="update">
          {text('bar.update')}
          <button type="button" class="quiet" onClick={() => updates.take()}>
            {text('bar.updateTake')}
          </button>
        </Note>
      )}
      {outbox.trouble.value !== null && (
        <Note tone="bad" icon="alert">
          {text(`bar.${outbox.trouble.value}`)}
        </Note>
      )}
      {own.length > 0 && (
        <Note tone="wait" icon="clock" name="unsent">
          {text('bar.unsent', { count: own.length })}
        </Note>
      )}
      {[...byPerson(foreign)].map(([name, count]) => (
        <Note key={name} tone="wait" icon="person">
          {text('bar.foreign', { count, name })}
        </Note>
      ))}
      {conflicts > 0 && (
        <Note tone="bad" icon="refused" href={hrefOf.conflicts}>
          {text('bar.conflicts', { count: conflicts })}
        </Note>
      )}
      {waiting > 0 && (
        <Note tone="wait" icon="clock" name="oto">
          {text('bar.otoWaiting', { count: waiting })}
        </Note>
      )}
      {trouble > 0 && !lost && (
        <Note tone="bad" icon="alert" href={hrefOf.trouble}>
          {text('bar.troubleHere', { count: trouble })}
        </Note>
      )}
      {readAt !== null && now.value - readAt.getTime() > otoStaleMs && (
        <Note tone="wait" icon="clock">
          {text('bar.otoStale', { age: ageText(now.value - readAt.getTime()) })}
        </Note>
      )}
      {readAt === null && counts.value !== null && (
        <Note tone="wait" icon="clock">
          {text('bar.otoNever')}
        </Note>
      )}
      {allSent && (
        <Note tone="ok" icon="check" name="sent">
          {text('bar.allSent')}
        </Note>
      )}
    </section>
  );
}

/** Said loudly, with the age of everything that is shown meanwhile. */
function OfflineNote() {
  const heard = heardAt.value;
  return (
    <p class="note bad loud" role="alert" data-note="offline">
      <Icon name="offline" />
      <span>
        {say.value('bar.offline')}
        {heard !== null && (
          <small>
            {say.value('bar.stale', { time: timeText.value(heard), age: ageText(now.value - heard.getTime()) })}
          </small>
        )}
      </span>
    </p>
  );
}

interface NoteProps {
  readonly tone: 'ok' | 'wait' | 'bad' | 'idle';
  readonly icon: IconName;
  readonly name?: string;
  readonly href?: string;
  readonly children: ComponentChildren;
}

function Note({ tone, icon, name, href, children }: NoteProps) {
  return (
    <p class={`note ${tone}`} data-note={name}>
      <Icon name={icon} />
      <span>{children}</span>
      {href !== undefined && <a href={href}>{say.value('bar.look')}</a>}
    </p>
  );
}

function byPerson(waiting: ReturnType<typeof waitingOf>['foreign']): Map<string, number> {
  const names = new Map<string, number>();
  for (const { staff } of waiting) names.set(staff.name, (names.get(staff.name) ?? 0) + 1);
  return names;
}

import { timeText } from '../clock.ts';
import { Code } from '../parts/code.tsx';
import { useDevice } from '../parts/device-context.ts';
import { hrefOf } from '../route.ts';
import { say } from '../texts/index.ts';
import { actionText } from './action-words.ts';

/** What the server refused, until somebody has seen it. */
export function Conflicts() {
  const { outbox } = useDevice();
  const text = say.value;
  const conflicts = outbox.conflicts.value;
  return (
    <div class="page narrow">
      <h1>{text('conflicts.title')}</h1>
      <p class="muted">{text(conflicts.length === 0 ? 'conflicts.empty' : 'conflicts.about')}</p>
      <ul class="cards">
        {conflicts.map(({ action, staff, refusal }) => (
          <li key={action.id} class="card" data-conflict={refusal ?? 'unknown'}>
            <b>{text('conflicts.what', { action: actionText(action), order: action.order })}</b>
            <span>{text(`refusal.${refusal ?? 'unknown'}`)}</span>
            <span class="muted">{text('conflicts.by', { name: staff.name, time: timeText.value(action.at) })}</span>
            <div class="buttons">
              <a class="button" href={hrefOf.order(action.order)}>
                {text('conflicts.open')} <Code>{action.order}</Code>
              </a>
              <button type="button" class="primary" onClick={() => void outbox.dismiss(action.id)}>
                {text('conflicts.seen')}
              </button>
            </div>
          </li>
        ))}
      </ul>
    </div>
  );
}

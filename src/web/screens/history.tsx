import type { StationOrderDetail } from '../../model/station.ts';
import { timeText } from '../clock.ts';
import { say } from '../texts/index.ts';
import { isAction } from './action-words.ts';

/** What happened to an order, the last thing first. */
export function History({ order: { history } }: { readonly order: StationOrderDetail }) {
  const text = say.value;
  return (
    <details class="history">
      <summary>{text('order.history')}</summary>
      {history.length === 0 && <p class="muted">{text('order.historyEmpty')}</p>}
      <ol>
        {[...history].reverse().map(({ at, by, type, detail }) => (
          <li key={`${at}${type}${detail}`}>
            <time dateTime={at}>{timeText.value(at)}</time>
            <span>
              <b>
                <bdi>{by}</bdi>
              </b>{' '}
              {isAction(type) ? text(`did.${type}`) : type}
              {detail !== null && ' '}
              {detail !== null && <bdi class="muted">{detail}</bdi>}
            </span>
          </li>
        ))}
      </ol>
    </details>
  );
}

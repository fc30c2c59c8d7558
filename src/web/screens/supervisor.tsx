import { useEffect, useMemo } from 'preact/hooks';
import type { StationView } from '../../model/station.ts';
import { timeText } from '../clock.ts';
import { createList } from '../list.ts';
import { onListStale } from '../live.ts';
import { ListView } from '../parts/list-view.tsx';
import { say } from '../texts/index.ts';
import { isOthers } from '../work.ts';
import { ShortLines } from './short-lines.tsx';
import { Approve, TakeAway } from './supervisor-actions.tsx';

/** Short picks to decide on, and who works on what. */
export function Supervisor({ place }: { readonly place: string }) {
  const text = say.value;
  const short = useList(place, 'short');
  const claims = useList(place, 'claimed');
  return (
    <div class="page columns">
      <section>
        <h1>{text('supervisor.short')}</h1>
        <ListView
          list={short}
          label="supervisor.short"
          empty={text('supervisor.shortEmpty')}
          extra={(order) => (
            <>
              <ShortLines order={order} />
              <Approve order={order} />
            </>
          )}
        />
      </section>
      <section>
        <h1>{text('supervisor.claims')}</h1>
        <ListView
          list={claims}
          label="supervisor.claims"
          empty={text('supervisor.claimsEmpty')}
          extra={(order) =>
            order.claim !== null && (
              <div class="row-extra">
                <span class="muted">
                  {text('supervisor.since', { name: order.claim.name, time: timeText.value(order.claim.since) })}
                </span>
                {isOthers(order) && <TakeAway order={order} />}
              </div>
            )
          }
        />
      </section>
    </div>
  );
}

export function useList(place: string, view: StationView) {
  const list = useMemo(() => createList(place, view), [place, view]);
  useEffect(() => {
    void list.load();
    return onListStale(() => void list.load());
  }, [list]);
  return list;
}

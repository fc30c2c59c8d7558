import type { StationOrder } from '../../model/station.ts';
import { say } from '../texts/index.ts';
import { Icon, type IconName } from './icon.tsx';

type State = 'none' | 'unsent' | 'waiting' | 'has' | 'refused' | 'parked' | 'unmatched';

/** Green only where it is proven, amber while it waits, red where a person has to look. Words and a sign say the same as the colour. */
const looks: Readonly<Record<State, readonly [tone: string, icon: IconName]>> = {
  none: ['idle', 'none'],
  unsent: ['wait', 'offline'],
  waiting: ['wait', 'clock'],
  has: ['ok', 'check'],
  refused: ['bad', 'refused'],
  parked: ['bad', 'question'],
  unmatched: ['bad', 'question'],
};

/** Where OTO and the ERP stand with an order. */
export function Deliveries({ order, unsent = 0 }: { readonly order: StationOrder; readonly unsent?: number }) {
  const { oto, erp } = order;
  return (
    <span class="deliveries">
      <Delivery to="oto" state={unsent > 0 ? 'unsent' : (oto?.state ?? 'none')} />
      <Delivery to="erp" state={erp?.state ?? 'none'} />
    </span>
  );
}

function Delivery({ to, state }: { readonly to: 'oto' | 'erp'; readonly state: State }) {
  const [tone, icon] = looks[state];
  return (
    <span class={`delivery ${tone}`} data-to={to} data-state={state}>
      <Icon name={icon} />
      {/* What is not sent is no news of OTO yet. */}
      {state !== 'unsent' && <b>{say.value(`delivery.${to}`)}</b>} {say.value(`delivery.${state}`)}
    </span>
  );
}

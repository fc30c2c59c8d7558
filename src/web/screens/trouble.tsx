import type { StationOrder } from '../../model/station.ts';
import { ListView } from '../parts/list-view.tsx';
import { say } from '../texts/index.ts';
import { useList } from './supervisor.tsx';

/** Orders that do not go on by themselves, each with what is the matter. */
export function Trouble({ place }: { readonly place: string }) {
  const text = say.value;
  const list = useList(place, 'trouble');
  return (
    <div class="page">
      <h1>{text('trouble.title')}</h1>
      <p class="muted">{text('trouble.about')}</p>
      <ListView
        list={list}
        label="trouble.title"
        empty={text('trouble.empty')}
        extra={(order) => <Reasons order={order} />}
      />
    </div>
  );
}

function Reasons({ order: { oto, erp, problem } }: { readonly order: StationOrder }) {
  const text = say.value;
  const reasons: [what: string, reason: string | null][] = [];
  if (oto?.state === 'refused')
    reasons.push([text('trouble.otoRefused', { status: text(`state.${oto.status}`) }), oto.reason]);
  if (oto?.state === 'parked')
    reasons.push([text('trouble.otoParked', { status: text(`state.${oto.status}`) }), oto.reason]);
  if (erp?.state === 'refused') reasons.push([text('trouble.erpRefused'), erp.reason]);
  if (erp?.state === 'parked') reasons.push([text('trouble.erpParked'), erp.reason]);
  if (erp?.state === 'unmatched') reasons.push([text('trouble.erpUnmatched'), erp.reason]);
  if (problem !== null) reasons.push([text('trouble.shipment'), problem]);
  return (
    <ul class="reasons">
      {reasons.map(([what, reason]) => (
        <li key={what}>
          <b>{what}</b>
          {reason !== null && <span dir="auto">{reason}</span>}
        </li>
      ))}
    </ul>
  );
}

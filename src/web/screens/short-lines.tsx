import { useEffect } from 'preact/hooks';
import type { StationOrder } from '../../model/station.ts';
import { details, loadDetail } from '../orders.ts';
import { Code } from '../parts/code.tsx';
import { ShortNote } from '../parts/short-note.tsx';
import { say } from '../texts/index.ts';

/** What is missing of an order: nobody is to decide on it unseen. */
export function ShortLines({ order: { id, version } }: { readonly order: StationOrder }) {
  const detail = details.value.get(id);
  const isNew = detail !== undefined && detail.version >= version;
  useEffect(() => {
    // Where it cannot be read, opening the order says why.
    if (!isNew) loadDetail(id).catch(() => undefined);
  }, [id, version, isNew]);
  const items = detail?.items.filter(({ short }) => short !== null) ?? [];
  return (
    <ul class="short-lines">
      {items.map(({ sku, name, counted, quantity, short }) => (
        <li key={sku}>
          <b>
            <bdi>{name === '' ? sku : name}</bdi>
          </b>
          <Code>{sku}</Code>
          <span>{say.value('line.counted', { counted, quantity })}</span>
          {short !== null && <ShortNote short={short} />}
        </li>
      ))}
    </ul>
  );
}

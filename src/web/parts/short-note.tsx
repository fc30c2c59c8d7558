import type { StationItem } from '../../model/station.ts';
import { say } from '../texts/index.ts';
import { Icon } from './icon.tsx';

/** Why a line is short, and who says so. */
export function ShortNote({ short }: { readonly short: NonNullable<StationItem['short']> }) {
  const text = say.value;
  return (
    <span class="line-short">
      <Icon name="alert" />
      {text('line.shortBy', { reason: text(`reason.${short.reason}`), name: short.by })}
      {short.note !== null && (
        <q>
          <bdi>{short.note}</bdi>
        </q>
      )}
    </span>
  );
}

import { BridgeError, connectorErrors, type Paged, paginate } from '../../src/connector/index.ts';
import { find, findList, findText, type Json } from './mapping.ts';
import type { Paging } from './options.ts';
import type { Answer, ListName, Session } from './session.ts';

/** Where the next answer comes from. */
type Place = { readonly at: number } | { readonly cursor: string } | { readonly path: string };

/** The records of a list, from its first answer to its last. */
export function readList(
  session: Session,
  name: ListName,
  keyOf: (record: Json) => string,
  signal: AbortSignal,
  since?: string,
): Paged<Json> {
  const { path, query, paging, items, detail } = session.optionsOf(name);
  const fixed = Object.entries(query).map(
    ([key, value]) => [key, since === undefined ? value : value.replaceAll('{since}', since)] as const,
  );
  const pathWith = (more: readonly (readonly [string, string])[]) => {
    const text = [...fixed, ...more].map(([key, value]) => `${encodeURIComponent(key)}=${encodeURIComponent(value)}`);
    const plain = encodeURI(path);
    return text.length === 0 ? plain : `${plain}?${text.join('&')}`;
  };
  return paginate<Json, Place>({
    first: { at: paging.type === 'page' ? paging.first : 0 },
    async fetch(place, ends) {
      const answer = await session.get('path' in place ? place.path : pathWith(parametersOf(paging, place)), ends);
      const found = findList(answer.body, items);
      if (found === undefined) {
        throw new BridgeError(connectorErrors.CONNECTOR_BAD_SOURCE, {
          message: `The answer of ${path} holds no list at \`${items}\`.`,
          hint: `It holds: ${shapeOf(answer.body)}. Say in \`${name}.items\` where the list is.`,
          place: { path: session.pathOf(`${name}.items`) },
        });
      }
      const total = paging.total === undefined ? undefined : findText(answer.body, paging.total);
      return {
        items: detail === undefined ? found : await withDetails(session, detail, found, ends),
        total: total === undefined || !/^\d+$/.test(total) ? undefined : Number(total),
        next: nextOf(session, paging, place, answer, found.length),
      };
    },
    keyOf,
    cursor: paging.type === 'none' ? 'key' : 'place',
    signal,
  });
}

/** Asked at the same time: a server that is asked for one at a time takes minutes for thousands. */
const atOnce = 4;

async function withDetails(
  session: Session,
  detail: string,
  records: readonly Json[],
  signal: AbortSignal,
): Promise<Json[]> {
  const whole: Json[] = [];
  for (let at = 0; at < records.length; at += atOnce) {
    const some = records.slice(at, at + atOnce).map(async (record): Promise<Json> => {
      const path = detail.replaceAll(/\{([^}]+)\}/g, (_, expression: string) =>
        encodeURIComponent(findText(record, expression) ?? ''),
      );
      const { body } = await session.get(path, signal);
      return { ...(record as Record<string, Json>), detail: body };
    });
    whole.push(...(await Promise.all(some)));
  }
  return whole;
}

function parametersOf(paging: Paging, place: Place): [string, string][] {
  if ('cursor' in place) return paging.type === 'cursor' ? [[paging.parameter, place.cursor]] : [];
  if (!('at' in place)) return [];
  if (paging.type === 'offset')
    return [
      [paging.offset, String(place.at)],
      [paging.limit, String(paging.size)],
    ];
  if (paging.type === 'page')
    return [
      [paging.page, String(place.at)],
      [paging.limit, String(paging.size)],
    ];
  return [];
}

function nextOf(session: Session, paging: Paging, place: Place, answer: Answer, count: number): Place | undefined {
  switch (paging.type) {
    case 'none':
      return undefined;
    // A page that is not full may be one that the server cut to a size of its own: only an empty one is the end.
    case 'offset':
      return count === 0 || !('at' in place) ? undefined : { at: place.at + count };
    case 'page':
      return count === 0 || !('at' in place) ? undefined : { at: place.at + 1 };
    case 'cursor': {
      const cursor = findText(answer.body, paging.next);
      return cursor === undefined ? undefined : { cursor };
    }
    case 'next': {
      const address = findText(answer.body, paging.next);
      return address === undefined ? undefined : { path: session.ownPath(address) };
    }
    case 'link': {
      const address = /<([^>]*)>\s*;[^,]*\brel="?next"?/i.exec([answer.headers.link ?? []].flat().join(', '))?.[1];
      return address === undefined ? undefined : { path: session.ownPath(address) };
    }
  }
}

/** What an answer looks like, without what it holds. */
function shapeOf(body: Json): string {
  if (Array.isArray(body)) return 'a list';
  if (typeof body !== 'object' || body === null) return 'a single value';
  const names = Object.keys(body).slice(0, 10);
  return names.map((name) => `${name}${Array.isArray(find(body, JSON.stringify(name))) ? ' (a list)' : ''}`).join(', ');
}

import { BridgeError, isBridgeError } from '../lib/errors.ts';
import { type OtoApi, otoApi, type ParamsOf, type ResponseOf } from './api.ts';
import type { OtoClient, ReadName } from './client-types.ts';
import { otoErrors } from './errors.ts';
import type { ReadOptions } from './read.ts';
import type { Paging } from './row.ts';

/** The lists that come page by page. */
export type PagedName = {
  [Name in ReadName]: OtoApi[Name] extends { readonly paging: Paging } ? Name : never;
}[ReadName];

type PageParam = 'page' | 'perPage' | 'currentPage' | 'pageSize' | 'limit';
/** What a caller gives for a whole list: the page and its size are set here. */
export type PagedParams<Name extends PagedName> = Omit<ParamsOf<Name>, PageParam>;

export interface PagesOptions extends ReadOptions {
  /** Rows of a page; without it as many as OTO documents. */
  readonly rows?: number | undefined;
}

/** More pages than any account has. Without a bound, a list that never ends would be read for ever. */
const furthestPage = 100_000;

/**
 * Reads a list page by page, to its end; every page is an answer as `read` gives it. Each page is read when it is asked for, and an
 * order that changes in between may be seen twice or not at all: OTO has no cursor.
 * @throws BridgeError of `otoErrors`: what a read throws, and OTO_BAD_ANSWER where OTO gives the same rows again and again
 */
export async function* readPages<Name extends PagedName>(
  client: Pick<OtoClient, 'read'>,
  name: Name,
  params: PagedParams<Name>,
  { rows: asked, ...options }: PagesOptions = {},
): AsyncGenerator<ResponseOf<Name>, void, void> {
  const paging: Paging = otoApi[name].paging;
  const size = asked ?? paging.rows;
  // OTO may give less than a page of more rows than it documents.
  const fullPage = Math.min(size, paging.rows);
  let seen = 0;
  let before = '';
  for (let page = 1; page <= furthestPage; page += 1) {
    let answer: ResponseOf<Name>;
    try {
      const whole = { ...params, [paging.size]: size, [paging.page]: page };
      answer = await client.read(name, whole as unknown as ParamsOf<Name>, options);
    } catch (error) {
      // The first page was taken and only its number changed: some lists end so.
      if (page > 1 && isBridgeError(error) && error.code === 'OTO_REFUSED') return;
      throw error;
    }
    const { rows, pages = 0, total = 0 } = paging.read(answer);
    if (rows.length === 0) return;
    const written = JSON.stringify(rows);
    if (written === before) {
      throw new BridgeError(otoErrors.OTO_BAD_ANSWER, {
        message: `OTO ${name}: page ${page} has the same rows as the page before it.`,
        hint: 'OTO seems to pay no heed to the page, so what follows the first one cannot be read.',
      });
    }
    before = written;
    seen += rows.length;
    yield answer;
    if (pages > 0 ? page >= pages : total > 0 ? seen >= total : rows.length < fullPage) return;
  }
}

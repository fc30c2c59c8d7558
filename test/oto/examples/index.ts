import type { ApiName } from '../../../src/oto/index.ts';
import { account } from './account.ts';
import { carriers } from './carriers.ts';
import type { Example } from './example.ts';
import { goods } from './goods.ts';
import { orders } from './orders.ts';
import { places } from './places.ts';

/** The endpoints of OTO's API pages, with the pages' own example requests and the answers that its collections show. */
export const documented: { readonly [Name in ApiName]: Example } = {
  ...account,
  ...orders,
  ...carriers,
  ...places,
  ...goods,
};

export const documentedNames = Object.keys(documented) as ApiName[];

import type { FlowName } from '../config/schema.ts';
import type { Flow } from '../engine/context.ts';
import { documents } from './documents.ts';
import { packing } from './packing.ts';
import { products } from './products.ts';
import { stock } from './stock.ts';
import { stockBack } from './stock-back.ts';

/** All flows, in the order in which one prepares the ground for the next. */
export const flows: { readonly [Name in FlowName]: Flow } = {
  products,
  stock,
  documents,
  packing,
  'stock-back': stockBack,
};

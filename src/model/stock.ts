import { z } from 'zod';
import { codeText, decimalText } from './quantity.ts';

/** One line of an ERP's stock: what lies at one ERP location of one SKU. Several lines of one key (lots, bins) are summed. */
export const stockLevel = z.object({
  sku: codeText,
  /** The ERP's own location code; mapped to an OTO code by `locations[].erp`. */
  location: codeText,
  quantity: decimalText,
  /** Unit of `quantity`; absent means the base unit. Converted by `sources.<name>.units`. */
  unit: z.string().optional(),
  /** The ERP's internal product id, where it has one. */
  productId: codeText.optional(),
});

export type StockLevel = z.output<typeof stockLevel>;

/** Identifies one figure: a SKU at a location. A SKU cannot hold a tab, so no two keys are equal by accident. */
export function stockKey(sku: string, location: string): string {
  return `${sku}\t${location}`;
}

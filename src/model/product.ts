import { z } from 'zod';
import { codeText, decimalText } from './quantity.ts';

/** A product as an ERP knows it. `price` and `taxAmount` are in the account's currency (OTO's createProduct has no currency field). */
export const product = z.object({
  /** The ERP's internal id, where it has one. It is the identity: a SKU may be renamed. */
  id: codeText.optional(),
  sku: codeText,
  name: z.string().trim().min(1, 'is empty').max(255, 'is longer than 255 characters'),
  price: decimalText,
  taxAmount: decimalText.optional(),
  barcode: codeText.optional(),
  secondBarcode: codeText.optional(),
  description: z.string().optional(),
  category: z.string().optional(),
  brandId: z.string().optional(),
  /** Who delivers it. OTO has no such field: it is for guards, which judge a supplier's range as a group. */
  supplier: z.string().optional(),
  imageUrl: z.string().optional(),
  hsCode: z.string().optional(),
  origin: z.string().optional(),
  active: z.boolean().default(true),
  /** `storable` has stock of its own; a kit is made of other products; a service has none. */
  type: z.enum(['storable', 'kit', 'service']).default('storable'),
});

export type Product = z.output<typeof product>;

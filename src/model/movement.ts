import { z } from 'zod';
import { codeText, decimalText } from './quantity.ts';

/** One finished movement of goods in an ERP's ledger, from or to one location. */
export const movement = z.object({
  id: codeText,
  sku: codeText,
  location: codeText,
  /** Positive came in, negative went out. */
  quantity: decimalText,
  unit: z.string().optional(),
  bookedAt: z.iso.datetime({ offset: true }),
  reference: z.string().optional(),
});

export type Movement = z.output<typeof movement>;

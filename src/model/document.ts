import { z } from 'zod';
import { codeText, decimalText } from './quantity.ts';

export const documentKinds = ['purchase', 'disposal'] as const;
export type DocumentKind = (typeof documentKinds)[number];

export const documentLine = z.object({
  sku: codeText,
  quantity: decimalText,
  unit: z.string().optional(),
});

/** A finished purchase receipt or disposal of an ERP: goods that came in or left for good. Atomic: all lines or none. */
export const stockDocument = z.object({
  /** The ERP's internal id; without one, `number` and the year of `date` identify the document. */
  id: codeText.optional(),
  company: codeText.optional(),
  kind: z.enum(documentKinds),
  number: codeText,
  /** The document's date in the merchant's time zone. */
  date: z.iso.date('must be a date as YYYY-MM-DD'),
  deliveryDate: z.iso.date('must be a date as YYYY-MM-DD').optional(),
  /** When the ERP counted the goods in or out; absent means at the start of `date`. */
  bookedAt: z.iso
    .datetime({ offset: true, error: 'must be a time with its zone, as 2026-11-20T08:15:00+03:00' })
    .optional(),
  location: codeText,
  partner: z.string().optional(),
  waybill: z.string().optional(),
  note: z.string().optional(),
  lines: z.array(documentLine).min(1, 'has no lines'),
});

export type DocumentLine = z.output<typeof documentLine>;
export type StockDocument = z.output<typeof stockDocument>;

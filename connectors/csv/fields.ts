import type { Entities } from '../../src/connector/index.ts';

/** The entities that CSV files can carry. */
export type FileEntity = Extract<keyof Entities, 'products' | 'stock' | 'documents'>;

/**
 * How the text of a field is read: `code` (a key; kept as it is but for invisible marks), `word` (looked up or compared, cleaned as a
 * code is), `text` (for people; only its ends are cleaned), `number`, `date`, `time`.
 */
export type FieldKind = 'code' | 'word' | 'text' | 'number' | 'date' | 'time';

export interface Field {
  readonly kind: FieldKind;
  /** Whether a file is unreadable without it. */
  readonly need: 'required' | 'optional';
}

const must = (kind: FieldKind) => ({ kind, need: 'required' }) as const;
const may = (kind: FieldKind) => ({ kind, need: 'optional' }) as const;

/** The fields of each entity that a column may be mapped to. */
export const fields = {
  products: {
    id: may('code'),
    sku: must('code'),
    name: must('text'),
    price: must('number'),
    taxAmount: may('number'),
    barcode: may('code'),
    secondBarcode: may('code'),
    description: may('text'),
    category: may('text'),
    brandId: may('word'),
    supplier: may('text'),
    imageUrl: may('word'),
    hsCode: may('code'),
    origin: may('word'),
    active: may('word'),
    type: may('word'),
  },
  stock: {
    sku: must('code'),
    location: must('code'),
    quantity: must('number'),
    unit: may('word'),
    productId: may('code'),
  },
  documents: {
    id: may('code'),
    company: may('code'),
    kind: must('word'),
    number: must('code'),
    date: must('date'),
    deliveryDate: may('date'),
    bookedAt: may('time'),
    location: must('code'),
    partner: may('word'),
    waybill: may('code'),
    note: may('text'),
    sku: must('code'),
    quantity: must('number'),
    unit: may('word'),
  },
} as const satisfies { [E in FileEntity]: Readonly<Record<string, Field>> };

export type FieldOf<E extends FileEntity> = keyof (typeof fields)[E] & string;

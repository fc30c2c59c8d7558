import type { z } from 'zod';
import type { Reject } from '../../src/connector/index.ts';
import type { Row } from './session.ts';

const longestValue = 200;

/** The model's names for what Odoo calls otherwise. */
const columns: Readonly<Record<string, string>> = { name: 'display_name', price: 'lst_price', sku: 'default_code' };

/** A record that does not fit the model, told in Odoo's words. */
export function rejectOf(key: string, row: Row | undefined, error: z.ZodError): Reject {
  const [issue] = error.issues;
  const field = String(issue?.path[0] ?? '');
  const column = columns[field] ?? field;
  const value = row === undefined || row[column] === undefined ? undefined : String(row[column]).slice(0, longestValue);
  return {
    op: 'reject',
    key,
    column,
    ...(value === undefined ? {} : { value }),
    reason: `${column} ${issue?.message}`,
  };
}

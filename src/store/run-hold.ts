import { maybe, type Queryable } from './queryable.ts';

/**
 * Within a transaction: whether a run still goes on, and keeps it so until the end of the transaction. Whoever starts another run of
 * the flow marks it as lost, and waits for that transaction.
 */
export async function holdRun(tx: Queryable, id: number): Promise<boolean> {
  return (await maybe(tx, `select from run where id = $1 and status = 'running' for share`, [id])) !== undefined;
}

import { BridgeError, connectorErrors, OverlapCursor } from '../../src/connector/index.ts';
import { documentColumns } from './documents.ts';
import { levelColumns } from './level.ts';
import { columnNames, pathOf, type Session } from './session.ts';

/** Proves that the database lets us in, and that every query runs and gives its columns; reads no row. */
export async function checkDatabase(session: Session, signal: AbortSignal): Promise<void> {
  const { products, stock, documents, write } = session.context.options;
  await using transaction = await session.database.begin('read', signal);
  if (products !== undefined) await levelColumns(session, transaction, 'products');
  if (stock !== undefined) await levelColumns(session, transaction, 'stock');
  if (documents !== undefined) {
    const { since } = new OverlapCursor(documents.cursor, null);
    documentColumns(session, await columnNames(session, transaction, documents.query, since));
  }
  if (write === undefined || (write.packing ?? write.stock ?? write.note) === undefined) return;
  const { appliedTable } = write;
  try {
    await transaction.run({
      sql: `select operation, applied_at from ${appliedTable} where 1 = 0`,
      values: [],
      names: [],
    });
  } catch (error) {
    if (!(error instanceof BridgeError) || error.recovery === 'retry') throw error;
    throw new BridgeError(connectorErrors.CONNECTOR_OPTIONS, {
      message: `The table "${appliedTable}", which keeps a command from being written twice, cannot be used: ${error.message}`,
      hint: `Make it: create table ${appliedTable} (operation varchar(64) primary key, applied_at varchar(40) not null). The user needs INSERT and SELECT on it.`,
      place: { path: pathOf(session.context, 'write.appliedTable') },
      cause: error,
    });
  }
}

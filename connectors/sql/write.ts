import { type ApplyResult, BridgeError, type Command, connectorErrors } from '../../src/connector/index.ts';
import type { Transaction } from './connection.ts';
import { grammars } from './grammar.ts';
import { pathOf, type Session } from './session.ts';
import { bind } from './statement.ts';

type Parameters = Readonly<Record<string, string | null>>;

/** What a command comes to: the statements, and the parameters of each of their rounds. */
interface Writing {
  readonly option: 'packing' | 'stock' | 'note';
  readonly rounds: readonly Parameters[];
  /** Named where no row was met. */
  readonly subject: (parameters: Parameters) => string;
}

function writingOf(command: Command): Writing {
  const operation = command.id;
  switch (command.name) {
    case 'set-packing-status':
      return {
        option: 'packing',
        rounds: [
          {
            operation,
            order: command.orderId,
            status: command.status,
            at: command.at,
            by: command.by ?? null,
            location: command.location,
          },
        ],
        subject: ({ order }) => `the order "${order}"`,
      };
    case 'write-stock':
      return {
        option: 'stock',
        rounds: command.lines.map(({ sku, location, quantity }) => ({
          operation,
          sku,
          location,
          quantity,
          asOf: command.asOf,
        })),
        subject: ({ sku, location }) => `the figure of "${sku}" at "${location}"`,
      };
    case 'note-document': {
      const { documentId, reference, text } = command;
      return {
        option: 'note',
        rounds: [{ operation, document: documentId, reference, text }],
        subject: ({ document }) => `the document "${document}"`,
      };
    }
    default:
      throw new BridgeError(connectorErrors.CONNECTOR_UNSUPPORTED, {
        message: `This connector knows no command "${(command as { name: string }).name}".`,
        hint: 'Let the flow write to another source.',
      });
  }
}

/** Writes in one transaction, together with the command's id: a command that was written already is not written again. */
export async function applyCommand(session: Session, command: Command, signal: AbortSignal): Promise<ApplyResult> {
  const { write } = session.context.options;
  const { option, rounds, subject } = writingOf(command);
  const statements = write?.[option];
  if (write === undefined || statements === undefined) {
    throw new BridgeError(connectorErrors.CONNECTOR_UNSUPPORTED, {
      message: `Source \`${session.context.source}\` is asked to write ${option === 'note' ? 'a note' : option}, but its option \`write.${option}\` is not set.`,
      hint: 'Add the statements, or do not let the flow write to this source.',
      place: { path: pathOf(session.context, `write.${option}`) },
    });
  }
  const { dialect } = session.database;
  await using transaction = await session.database.begin('write', signal);
  if (!(await isFirst(transaction, session, write.appliedTable, command.id))) return { outcome: 'already-done' };
  for (const parameters of rounds) {
    for (const [index, statement] of statements.entries()) {
      const { affected } = await transaction.run(bind(statement, dialect, parameters));
      if (index > 0 || affected > 0) continue;
      const { CONNECTOR_BAD_SOURCE, CONNECTOR_ORDER_UNKNOWN } = connectorErrors;
      throw new BridgeError(option === 'packing' ? CONNECTOR_ORDER_UNKNOWN : CONNECTOR_BAD_SOURCE, {
        message: `The ERP does not know ${subject(parameters)}: the first statement of \`write.${option}\` met no row. Nothing was written.`,
        hint: 'Is it in the ERP, under this very name? `INSERT … ON CONFLICT` (or REPLACE) writes what is not there yet.',
        place: { path: pathOf(session.context, `write.${option}[0]`) },
      });
    }
  }
  await transaction.commit();
  return { outcome: 'done', reference: `${write.appliedTable} ${command.id}` };
}

/** Takes the command's id, in the same transaction; another process that writes the same command waits here for our end. */
async function isFirst(transaction: Transaction, session: Session, table: string, operation: string): Promise<boolean> {
  const { database, context } = session;
  const { dialect } = database;
  const at = new Date(context.now()).toISOString();
  const { affected } = await transaction.run(bind(grammars[dialect].keepOnce(table), dialect, { operation, at }));
  return affected > 0;
}

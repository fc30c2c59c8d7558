import { type ApplyResult, BridgeError, type Command, connectorErrors } from '../../src/connector/index.ts';
import { noteDocument } from './note-document.ts';
import { setPackingStatus } from './packing.ts';
import type { Session } from './session.ts';
import { writeStock } from './write-stock.ts';

export async function applyCommand(session: Session, command: Command, signal: AbortSignal): Promise<ApplyResult> {
  signal.throwIfAborted();
  switch (command.name) {
    case 'set-packing-status':
      return setPackingStatus(session, command, signal);
    case 'write-stock':
      return writeStock(session, command, signal);
    case 'note-document':
      return noteDocument(session, command, signal);
    // Whatever a later bridge may ask for.
    default:
      throw new BridgeError(connectorErrors.CONNECTOR_UNSUPPORTED, {
        message: `The connector odoo cannot take the command "${(command as { name: string }).name}".`,
        hint: 'Upgrade the connector.',
      });
  }
}

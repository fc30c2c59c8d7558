import { createHash } from 'node:crypto';
import { stringify } from 'csv-stringify/sync';
import {
  type ApplyResult,
  BridgeError,
  type Command,
  connectorErrors,
  isBridgeError,
  messageOf,
} from '../../src/connector/index.ts';
import { defuse } from './rejected.ts';
import { folderOf, type Session } from './session.ts';

/** Inside each results folder: one empty file for each operation that was written, whatever the ERP did with its file since. */
const ledgerName = '.written';

/** An operation is not repeated after this long; its entry is dropped. */
const ledgerDays = 90;

interface Output {
  readonly folder: string;
  readonly name: string;
  readonly rows: readonly (readonly string[])[];
}

/** Operation ids are letters, digits, `-`, `_`, `.`; any other is told apart by a hash. */
function fileNameOf(prefix: string, id: string): string {
  if (/^[A-Za-z0-9][\w.-]{0,100}$/.test(id)) return `${prefix}-${id}.csv`;
  const hash = createHash('sha256').update(id).digest('hex').slice(0, 16);
  return `${prefix}-${id.replace(/[^A-Za-z0-9_-]/g, '_').slice(0, 60)}-${hash}.csv`;
}

function unsupported(message: string, path: string): BridgeError {
  return new BridgeError(connectorErrors.CONNECTOR_UNSUPPORTED, {
    message,
    hint: `Set \`${path}\` of the source, or send the results to another one.`,
    place: { path },
  });
}

function outputOf(session: Session, command: Command): Output {
  const { write } = session.context.options;
  const options = `sources.${session.context.source}.options.write`;
  switch (command.name) {
    case 'set-packing-status': {
      const folder = folderOf(session, write.packing);
      if (folder === undefined) throw unsupported('No folder is set for packing results.', `${options}.packing`);
      const { orderId, status, at, by = '', location, id } = command;
      return {
        folder,
        name: fileNameOf('packing', id),
        rows: [
          ['orderId', 'status', 'at', 'by', 'location', 'operation'],
          [orderId, status, at, by, location, id],
        ],
      };
    }
    case 'write-stock': {
      const folder = folderOf(session, write.stock);
      if (folder === undefined) throw unsupported("No folder is set for OTO's stock figures.", `${options}.stock`);
      return {
        folder,
        name: fileNameOf('stock', command.id),
        rows: [
          ['sku', 'location', 'quantity', 'asOf', 'operation'],
          ...command.lines.map((line) => [line.sku, line.location, line.quantity, command.asOf, command.id]),
        ],
      };
    }
    // `note-document`, and whatever a later bridge may ask for.
    default:
      throw unsupported(`CSV files cannot take the command "${command.name}".`, options);
  }
}

/**
 * Writes one result file: under a temporary name, then the ledger entry, then the rename. The ERP may take the file away at
 * once, so the ledger and not the file says that an operation was written; a crash before the rename leaves the temporary
 * file, and the repeat only renames it.
 */
export async function applyCommand(session: Session, command: Command, signal: AbortSignal): Promise<ApplyResult> {
  signal.throwIfAborted();
  const { folder, name, rows } = outputOf(session, command);
  const { delimiter, escapeFormulas } = session.context.options.write;
  const { drive } = session;
  const target = drive.join(folder, name);
  const temporary = drive.join(folder, `.${name}.tmp`);
  const entry = drive.join(folder, ledgerName, name);
  try {
    await drive.makeFolder(drive.join(folder, ledgerName));
    if ((await drive.stat(entry)) !== undefined) {
      if ((await drive.stat(temporary)) === undefined) return { outcome: 'already-done', reference: name };
      await drive.rename(temporary, target);
      return { outcome: 'done', reference: name };
    }
    if ((await drive.stat(target)) !== undefined) return { outcome: 'already-done', reference: name };
    const cells = escapeFormulas ? rows.map((row) => row.map(defuse)) : rows;
    await drive.write(temporary, stringify(cells as string[][], { delimiter }));
    await drive.write(entry, '', true);
    await drive.rename(temporary, target);
    return { outcome: 'done', reference: name };
  } catch (error) {
    // A server's drive knows better: a login that is refused is not mended by trying again.
    if (drive.remote && isBridgeError(error)) throw error;
    throw new BridgeError(connectorErrors.CONNECTOR_WRITE, {
      message: `${target}: ${messageOf(error)}`,
      hint: 'Check that the folder can be written to and that its drive has room.',
      place: { file: target },
      cause: error,
    });
  }
}

/** Drops ledger entries that are too old to matter. */
export async function pruneLedgers(session: Session): Promise<void> {
  const { write } = session.context.options;
  const oldest = session.context.now() - ledgerDays * 86_400_000;
  const { drive } = session;
  for (const folder of [folderOf(session, write.packing), folderOf(session, write.stock)]) {
    if (folder === undefined) continue;
    const ledger = drive.join(folder, ledgerName);
    for (const { name, stats } of await drive.list(ledger).catch(() => [])) {
      const path = drive.join(ledger, name);
      const known = stats ?? (await drive.stat(path));
      if (known !== undefined && known.mtimeMs < oldest) await drive.remove(path).catch(() => {});
    }
  }
}

import { randomUUID } from 'node:crypto';
import { BridgeError, connectorErrors } from '../../src/connector/index.ts';
import type { Drive } from './drive/types.ts';
import { folderOf, type Session } from './session.ts';
import { unreachable } from './source-file.ts';

async function requireWritable(drive: Drive, folder: string): Promise<void> {
  const probe = drive.join(folder, `.oto-bridge-${randomUUID()}.tmp`);
  try {
    await drive.makeFolder(folder);
    await drive.write(probe, '');
    await drive.remove(probe);
  } catch (error) {
    throw unreachable(folder, error);
  }
}

/** Throws where the folder is not there, or is none. */
async function requireFolder({ drive, root, context }: Session): Promise<void> {
  // Of a server the listing says so, in its own words.
  const stats = drive.remote ? undefined : await drive.stat(root);
  if (drive.remote || stats?.folder === true) return;
  throw new BridgeError(connectorErrors.CONNECTOR_UNREACHABLE, {
    message: `${root}: ${stats === undefined ? 'does not exist' : 'is no folder'}.`,
    hint: 'Check `dir` and that its drive is connected.',
    place: { path: `sources.${context.source}.options.dir` },
  });
}

/** Proves that the folder can be listed and that every folder that is written to takes a file. */
export async function checkFolders(session: Session, signal: AbortSignal): Promise<void> {
  const { drive, root } = session;
  const { options } = session.context;
  await requireFolder(session);
  try {
    await drive.list(root);
  } catch (error) {
    throw unreachable(root, error);
  }
  const archives = [options.products, options.stock, options.documents].map((entity) => entity?.archive);
  // Moving a file away needs the right to write where it lies.
  if (archives.some((archive) => typeof archive === 'string')) await requireWritable(drive, root);
  for (const folder of [...archives, options.rejected, options.write.packing, options.write.stock]) {
    signal.throwIfAborted();
    const path = folderOf(session, folder);
    if (path !== undefined) await requireWritable(drive, path);
  }
}

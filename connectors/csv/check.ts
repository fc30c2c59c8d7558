import { randomUUID } from 'node:crypto';
import { access, constants, mkdir, readdir, unlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { BridgeError, connectorErrors } from '../../src/connector/index.ts';
import { statOf, unreachable } from './files.ts';
import { folderOf, type Session } from './session.ts';

async function requireWritable(folder: string): Promise<void> {
  const probe = join(folder, `.oto-bridge-${randomUUID()}.tmp`);
  try {
    await mkdir(folder, { recursive: true });
    await writeFile(probe, '');
    await unlink(probe);
  } catch (error) {
    throw unreachable(folder, error);
  }
}

/** Proves that the folder can be listed and that every folder that is written to takes a file. */
export async function checkFolders(session: Session, signal: AbortSignal): Promise<void> {
  const { root } = session;
  const { options } = session.context;
  const stats = await statOf(root);
  if (stats?.isDirectory() !== true) {
    throw new BridgeError(connectorErrors.CONNECTOR_UNREACHABLE, {
      message: `${root}: ${stats === undefined ? 'does not exist' : 'is no folder'}.`,
      hint: 'Check `dir` and that its drive is connected.',
      place: { path: `sources.${session.context.source}.options.dir` },
    });
  }
  try {
    await readdir(root);
    await access(root, constants.R_OK | constants.X_OK);
  } catch (error) {
    throw unreachable(root, error);
  }
  const archives = [options.products, options.stock, options.documents].map((entity) => entity?.archive);
  // Moving a file away needs the right to write where it lies.
  if (archives.some((archive) => typeof archive === 'string')) await requireWritable(root);
  for (const folder of [...archives, options.rejected, options.write.packing, options.write.stock]) {
    signal.throwIfAborted();
    const path = folderOf(session, folder);
    if (path !== undefined) await requireWritable(path);
  }
}

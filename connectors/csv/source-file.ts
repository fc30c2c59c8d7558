import { mkdir } from 'node:fs/promises';
import { dirname } from 'node:path';
import { z } from 'zod';
import { BridgeError, connectorErrors, isBridgeError, messageOf } from '../../src/connector/index.ts';

/** FILE.manifest.json: what the ERP states about FILE. Further keys are ignored. */
export const manifestSchema = z.object({
  /** Rows after the header. */
  rows: z.int().min(0),
  /** When the figures were true: ISO time with zone. Without it the file's time of change counts. */
  asOf: z.iso
    .datetime({ offset: true, error: 'must be a time with its zone, as 2026-11-20T02:00:00+03:00' })
    .optional(),
  sha256: z
    .string()
    .regex(/^[0-9a-fA-F]{64}$/, 'must be 64 hexadecimal digits')
    .optional(),
  complete: z.literal(true, 'must be true').default(true),
});

export interface FileManifest extends z.output<typeof manifestSchema> {
  /** True where the manifest is so much older than its file that it may speak of an earlier one. */
  readonly stale: boolean;
}

/** One file to read, as it was found. */
export interface SourceFile {
  /** Relative to `dir`, with `/`. */
  readonly name: string;
  readonly path: string;
  /** Where its content lies for reading: `path`, or a copy of it on this machine. */
  readonly at: string;
  readonly size: number;
  readonly mtimeMs: number;
  readonly ino: number;
  /** When it was looked at, by our clock. */
  readonly foundAt: number;
  readonly manifest: FileManifest | undefined;
}

export function badSource(file: string, message: string, hint?: string, column?: string): BridgeError {
  return new BridgeError(connectorErrors.CONNECTOR_BAD_SOURCE, {
    message: `${file}: ${message}`,
    hint,
    place: { file, column },
  });
}

/** The error for a file or folder that the system refuses to open. */
export function unreachable(path: string, cause: unknown): BridgeError {
  // A server's drive has said already what is wrong.
  if (isBridgeError(cause)) return cause;
  const code = (cause as NodeJS.ErrnoException | undefined)?.code;
  const denied = code === 'EACCES' || code === 'EPERM' || code === 'EROFS';
  return new BridgeError(denied ? connectorErrors.CONNECTOR_AUTH : connectorErrors.CONNECTOR_UNREACHABLE, {
    message: `${path}: ${messageOf(cause)}`,
    hint: denied
      ? 'Give the user that runs the bridge the right to read and write this folder.'
      : 'Check that the folder exists and that its drive is connected.',
    place: { file: path },
    cause,
  });
}

/** Makes the folder of `path`, if need be. */
export async function makeFolderOf(path: string): Promise<void> {
  await mkdir(dirname(path), { recursive: true }).catch((error: unknown) => {
    throw unreachable(dirname(path), error);
  });
}

import { BridgeError, connectorErrors, messageOf } from '../../../src/connector/index.ts';
import { badSource } from '../source-file.ts';
import type { LinkFault } from './link.ts';

/** Why a file cannot be taken as it was meant to be: it is being written, or was replaced. */
export function moved(path: string): BridgeError {
  return badSource(
    path,
    'changed while it was copied from the server, so nothing of it counts.',
    'Run again. Where it recurs, let the ERP write to another name and rename the file, or use `ready: marker`.',
  );
}

/** A fault that a step ends with, for the person who mends it. */
export function explain(server: string, { fault, message }: LinkFault, path: string): BridgeError {
  const text = `${server}: ${message}`;
  switch (fault) {
    case 'denied':
      return new BridgeError(connectorErrors.CONNECTOR_AUTH, {
        message: text,
        hint: 'Ask whoever runs the server for the right to read and write there, or set what is written (`rejected`, `archive`) to `false`.',
        place: { file: path },
      });
    case 'full':
      return new BridgeError(connectorErrors.CONNECTOR_WRITE, {
        message: text,
        hint: 'The disk of the server is full, or the quota of its user is used up: make room there.',
        place: { file: path },
      });
    case 'lost':
      return new BridgeError(connectorErrors.CONNECTOR_UNREACHABLE, {
        message: `${server}: the connection was lost twice: ${message}`,
        hint: 'It is tried again. Where it recurs, look into the log of the server; `connection.timeoutMs` is how long it may be silent.',
        place: { file: path },
      });
    default:
      return new BridgeError(connectorErrors.CONNECTOR_UNREACHABLE, {
        message: text,
        hint: 'Check that the folder exists on the server.',
        place: { file: path },
      });
  }
}

/** The error of this machine, which has no place for a copy. */
export function spoolError(path: string, cause: unknown): BridgeError {
  const full = (cause as NodeJS.ErrnoException).code === 'ENOSPC';
  return new BridgeError(connectorErrors.CONNECTOR_UNREACHABLE, {
    message: `${path}: ${full ? 'the disk of this machine is full' : messageOf(cause)}`,
    hint: 'Files of a server are copied to the folder for temporary files (TMPDIR): make room there, or name another one.',
    place: { file: path },
    cause,
  });
}

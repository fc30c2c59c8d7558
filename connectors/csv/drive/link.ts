import { BridgeError, connectorErrors } from '../../../src/connector/index.ts';
import type { Entry, FileStats } from './types.ts';

/** Why a step on a server did not work. `lost`: the connection is gone, and whether the step took effect is not known. */
export type Fault = 'lost' | 'missing' | 'denied' | 'full' | 'failed';

export class LinkFault extends Error {
  readonly fault: Fault;

  constructor(fault: Fault, message: string) {
    super(message);
    this.fault = fault;
  }
}

/** One connection with a file server, one step at a time. Every method throws a LinkFault. */
export interface Link {
  readonly alive: boolean;
  stat(path: string): Promise<FileStats | undefined>;
  list(folder: string): Promise<Entry[]>;
  hasFolder(path: string): Promise<boolean>;
  makeFolder(path: string): Promise<void>;
  /** Hands on the file piece by piece, to whatever end the server makes of it. An error of `take` ends the connection and comes back. */
  download(path: string, take: (piece: Buffer) => Promise<void>): Promise<void>;
  /** `alive` is called whenever a part of it is there. */
  upload(path: string, content: Buffer, create: boolean, alive: () => void): Promise<void>;
  rename(from: string, to: string): Promise<void>;
  remove(path: string): Promise<void>;
  /** Ends it, whatever goes on. */
  destroy(): void;
}

/** The error of a server that refused who we are. */
export function refusedLogin(server: string, why: string): BridgeError {
  return new BridgeError(connectorErrors.CONNECTOR_AUTH, {
    message: `${server} refused the login: ${why}`,
    hint: 'Check `user` and the password or key in `connection`. The server is not asked again for a minute, since many lock an account after a few attempts.',
  });
}

/** The error of a server that is not the one that it should be. */
export function wrongIdentity(server: string, why: string, hint: string): BridgeError {
  return new BridgeError(connectorErrors.CONNECTOR_IDENTITY, { message: `${server} ${why}`, hint });
}

export function wrongSettings(server: string, why: string, hint: string): BridgeError {
  return new BridgeError(connectorErrors.CONNECTOR_OPTIONS, { message: `${server}: ${why}`, hint });
}

export function noAnswer(server: string, why: string): BridgeError {
  return new BridgeError(connectorErrors.CONNECTOR_UNREACHABLE, {
    message: `${server} cannot be reached: ${why}`,
    hint: 'Check host and port in `connection`, that the server runs, and that no firewall stands between.',
  });
}

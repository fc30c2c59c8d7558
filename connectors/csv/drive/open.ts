import type { ConnectionOptions } from '../connection.ts';
import type { Link } from './link.ts';
import { localDrive } from './local.ts';
import { RemoteDrive } from './remote.ts';
import type { Drive } from './types.ts';

/** The drive that `connection` asks for. Nothing is connected before it is needed. */
export function driveOf(options: ConnectionOptions | undefined, baseDir: string): Drive | RemoteDrive {
  if (options === undefined) return localDrive;
  const { sftp, ftp, timeoutMs } = options;
  const { host, port, user } = sftp ?? ftp ?? { host: '', port: undefined, user: '' };
  const server = `${sftp === undefined ? 'ftp' : 'sftp'}://${user}@${host}${port === undefined ? '' : `:${port}`}`;
  const about = { baseDir, timeoutMs, server };
  // Loaded where they are used alone: most sources lie on this machine.
  const connect = async (): Promise<Link> => {
    if (sftp !== undefined) return (await import('./sftp.ts')).openSftp(sftp, about);
    if (ftp !== undefined) return (await import('./ftp.ts')).openFtp(ftp, about);
    throw new Error('`connection` names no server');
  };
  return new RemoteDrive(server, options, connect);
}

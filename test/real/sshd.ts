import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { connect } from 'node:net';
import { tmpdir, userInfo } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import type { FileServer } from '../connectors/csv/file-server.ts';
import { freePort } from './free-port.ts';

const passphrase = 'a passphrase';

const program = (...paths: string[]) => paths.find((path) => existsSync(path));
const sshd = program('/usr/sbin/sshd', '/usr/local/sbin/sshd');

function keygen(...args: string[]): string {
  const made = spawnSync('ssh-keygen', args, { encoding: 'utf8' });
  if (made.status !== 0) throw new Error(`ssh-keygen failed: ${made.stderr}`);
  return made.stdout;
}

export interface Sshd extends AsyncDisposable {
  /** The server as it is seen by one who is meant to find `root` there. Its troubles change what is asked of it, and not the server. */
  show(root: string): FileServer;
}

/** An OpenSSH server of its own on loopback, for the user who runs this, who logs in with a key. */
export async function startSshd(): Promise<Sshd> {
  if (sshd === undefined) throw new Error('OpenSSH is not installed (Debian: apt-get install openssh-server)');
  // Where it runs as root it wants this folder.
  if (process.getuid?.() === 0) await mkdir('/run/sshd', { recursive: true });
  const folder = await mkdtemp(join(tmpdir(), 'oto-bridge-sshd-'));
  const host = join(folder, 'host');
  const user = join(folder, 'user');
  const stranger = join(folder, 'stranger');
  const allowed = join(folder, 'allowed');
  keygen('-q', '-t', 'ed25519', '-N', '', '-f', host);
  for (const key of [user, stranger]) keygen('-q', '-t', 'ed25519', '-a', '1', '-N', passphrase, '-f', key);
  const hostKey = keygen('-lf', `${host}.pub`).split(' ')[1];
  await writeFile(allowed, await readFile(`${user}.pub`));
  const port = await freePort();
  const settings = {
    Port: port,
    ListenAddress: '127.0.0.1',
    HostKey: host,
    PidFile: 'none',
    AuthorizedKeysFile: allowed,
    PasswordAuthentication: 'no',
    KbdInteractiveAuthentication: 'no',
    UsePAM: 'no',
    StrictModes: 'no',
    PermitRootLogin: 'yes',
    LogLevel: 'ERROR',
    MaxStartups: 1000,
    Subsystem: 'sftp internal-sftp',
  };
  await writeFile(
    join(folder, 'config'),
    Object.entries(settings)
      .map(([name, value]) => `${name} ${value}\n`)
      .join(''),
  );
  const child = spawn(sshd, ['-D', '-e', '-f', join(folder, 'config')], { stdio: ['ignore', 'ignore', 'pipe'] });
  let said = '';
  child.stderr.on('data', (chunk: Buffer) => {
    said += chunk.toString('utf8');
  });
  for (let tries = 0; !(await answers(port)); tries += 1) {
    if (child.exitCode !== null || tries > 100) throw new Error(`sshd did not start: ${said}`);
    await delay(50);
  }
  return {
    show(root) {
      const sftp = { host: '127.0.0.1', port, user: userInfo().username, privateKeyFile: user, passphrase, hostKey };
      return {
        port,
        root,
        connection: { sftp },
        secrets: [passphrase],
        seen: { logins: 0, connections: 0, downloads: [] },
        troubles: {
          set refuseLogin(_refused: boolean) {
            sftp.privateKeyFile = stranger;
          },
        },
        hangUp() {},
        async [Symbol.asyncDispose]() {
          // Nobody listens there.
          sftp.port = 1;
        },
      };
    },
    async [Symbol.asyncDispose]() {
      const exit = once(child, 'exit');
      child.kill('SIGTERM');
      await exit;
      await rm(folder, { recursive: true, force: true });
    },
  };
}

async function answers(port: number): Promise<boolean> {
  const socket = connect(port, '127.0.0.1');
  try {
    await once(socket, 'data');
    return true;
  } catch {
    return false;
  } finally {
    socket.destroy();
  }
}

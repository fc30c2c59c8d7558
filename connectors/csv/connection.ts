import { z } from 'zod';
import { secret } from '../../src/connector/index.ts';

const text = z.string().min(1, 'is empty');
/** One of its own each: what is marked is marked with all that is made of it. */
const secretText = () => secret(z.string().min(1, 'is empty'));
const port = z.int().min(1).max(65_535);
const host = text.describe('Name or address of the server.');

const fingerprint = z.string().regex(/^SHA256:[A-Za-z0-9+/]{43}$/, 'must read SHA256:… as `ssh-keygen -l` shows it');

const sftp = z
  .strictObject({
    host,
    port: port.default(22).describe('Its port.'),
    user: text.describe('User name.'),
    password: secretText().optional().describe('Its password; or else a private key.'),
    privateKey: secretText().optional().describe('Private key as text (PEM or OpenSSH).'),
    privateKeyFile: text.optional().describe('File with the private key, relative to the configuration file.'),
    passphrase: secretText().optional().describe('Passphrase of the private key.'),
    hostKey: z
      .union([fingerprint, z.array(fingerprint).min(1, 'lists no key'), z.literal('unchecked')])
      .describe(
        'Fingerprint of the host key, or several while it is being changed: `ssh-keyscan HOST | ssh-keygen -lf -` shows what a server has; let whoever runs it confirm that. `unchecked`: any key, and so any server.',
      ),
  })
  .refine(
    ({ password, privateKey, privateKeyFile }) =>
      [password, privateKey, privateKeyFile].filter((one) => one !== undefined).length === 1,
    'needs exactly one of `password`, `privateKey` and `privateKeyFile`',
  );

const ftp = z.strictObject({
  host,
  port: port.optional().describe('Its port; unset, 21, or 990 with `tls: implicit`.'),
  user: text.describe('User name.'),
  password: secretText().describe('Its password.'),
  tls: z
    .enum(['explicit', 'implicit', 'none'])
    .default('explicit')
    .describe('How the connection is encrypted: on request (most servers), from the start, or not at all.'),
  caFile: text
    .optional()
    .describe(
      "PEM file, relative to the configuration file, with the server's certificate or its authority, where no public authority vouches for it.",
    ),
});

/** The option `connection`. */
export const connectionOption = z
  .strictObject({
    sftp: sftp.optional().describe('A server that speaks SFTP (SSH).'),
    ftp: ftp.optional().describe('A server that speaks FTP, best with TLS (FTPS).'),
    timeoutMs: z
      .int()
      .min(100)
      .default(20_000)
      .describe('How long, in milliseconds, the server may say nothing before the connection counts as lost.'),
    maxFileMb: z
      .number()
      .positive()
      .default(1024)
      .describe('Larger files are refused: each is copied to this machine before it is read.'),
  })
  .refine(({ sftp, ftp }) => (sftp === undefined) !== (ftp === undefined), 'needs exactly one of `sftp` and `ftp`')
  .optional()
  .describe('The server on which the files lie. Unset: they lie on this machine.');

export type ConnectionOptions = NonNullable<z.output<typeof connectionOption>>;
export type SftpOptions = z.output<typeof sftp>;
export type FtpOptions = z.output<typeof ftp>;

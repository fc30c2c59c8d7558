import { X509Certificate } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import { messageOf } from '../lib/errors.ts';
import type { Finding } from './problem.ts';

const certificate = /-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g;

/** The certificates of `caFile`, each looked at: a broken one would otherwise show only as a connection that fails. */
export async function readAuthorities(
  file: unknown,
  baseDir: string,
): Promise<{ readonly ca?: string; readonly findings: readonly Finding[] }> {
  if (typeof file !== 'string' || file === '') return { findings: [] };
  const wrong = (message: string, hint: string) => ({ findings: [{ path: ['caFile'], message, hint }] });
  const path = resolve(baseDir, file);
  let text: string;
  try {
    text = await readFile(path, 'utf8');
  } catch (error) {
    return wrong(`cannot be read: ${messageOf(error)}`, 'Name a file that is there, relative to this one.');
  }
  const blocks = text.match(certificate) ?? [];
  const hint =
    'It wants one or more blocks "-----BEGIN CERTIFICATE-----". `openssl x509 -in FILE` shows what a file holds.';
  if (blocks.length === 0) return wrong('holds no certificate in PEM form', hint);
  for (const [index, block] of blocks.entries()) {
    try {
      new X509Certificate(block);
    } catch (error) {
      return wrong(`holds a certificate that cannot be read (number ${index + 1}): ${messageOf(error)}`, hint);
    }
  }
  return { ca: blocks.join('\n'), findings: [] };
}

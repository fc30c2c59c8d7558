import { X509Certificate } from 'node:crypto';
import type { LoadedConfig } from '../config/load.ts';
import { readIdentity } from '../http/listen.ts';
import { isBridgeError, messageOf } from '../lib/errors.ts';

interface Found {
  readonly what: string;
  readonly ok: boolean;
  readonly detail: string;
  readonly hint?: string | undefined;
}

/** What can be said of the worker's server without starting it. Nothing where it has neither a certificate nor hooks. */
export async function checkHttp({ config, baseDir }: LoadedConfig, now: number): Promise<Found[]> {
  const { enabled, host, port, tls } = config.http;
  const hooks = Object.keys(config.hooks);
  if (!enabled || (tls === undefined && hooks.length === 0)) return [];
  const what = 'HTTP';
  const told = hooks.length === 0 ? '' : `; hints for ${hooks.join(', ')}`;
  try {
    const identity = await readIdentity(tls, baseDir);
    if (identity === undefined) return [{ what, ok: true, detail: `http://${host}:${port}${told}` }];
    const { validTo, validFromDate, validToDate } = new X509Certificate(identity.cert);
    const detail = `https://${host}:${port}, certificate until ${validTo}${told}`;
    const ok = now >= validFromDate.getTime() && now <= validToDate.getTime();
    return [{ what, ok, detail, hint: 'Its time is over or has not begun: put a new one in place of http.tls.cert.' }];
  } catch (error) {
    return [{ what, ok: false, detail: messageOf(error), hint: isBridgeError(error) ? error.hint : undefined }];
  }
}

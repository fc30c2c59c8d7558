import { Agent, request } from 'undici';
import { type LoadedConfig, loadConfig } from '../config/load.ts';
import type { Config } from '../config/schema.ts';
import { loadDefinition } from '../connector/registry.ts';
import { messageOf } from '../lib/errors.ts';
import { createLogger } from '../lib/log.ts';
import { openDatabase } from '../store/db.ts';
import { startEmbedded } from '../store/embedded.ts';
import { type CommonOptions, configFileOf, type ExitCode } from './frame.ts';
import { print } from './output.ts';

/**
 * Asks the worker, where one listens at `http`; without one, whether the database answers. A worker that should run and does not
 * cannot be told from one that was never meant to: `worker` in the JSON says which it was.
 */
export async function health(options: CommonOptions): Promise<ExitCode> {
  const report = (healthy: boolean, worker: string, reason: string | null): ExitCode => {
    print(options.json === true, { healthy, worker, reason }, () => (healthy ? 'ok' : (reason ?? 'not healthy')));
    return healthy ? 0 : 1;
  };
  let worker = 'none';
  try {
    const loaded = await loadConfig(configFileOf(options), { env: process.env, resolveConnector: loadDefinition });
    const ready = await askWorker(loaded.config.http);
    if (ready !== undefined) {
      worker = ready ? 'ready' : 'not ready';
      return report(ready, worker, ready ? null : 'the worker runs, but cannot work just now');
    }
    await askDatabase(loaded);
    return report(true, worker, null);
  } catch (error) {
    return report(false, worker, messageOf(error));
  }
}

/** What the worker says of itself. Undefined: none listens. */
async function askWorker({ enabled, host, port, tls }: Config['http']): Promise<boolean | undefined> {
  if (!enabled || port === 0) return undefined;
  const near = host === '0.0.0.0' ? '127.0.0.1' : host === '::' ? '[::1]' : host.includes(':') ? `[${host}]` : host;
  // Its certificate is made for the name that others call it by.
  const dispatcher = new Agent({ connect: { rejectUnauthorized: false } });
  try {
    const address = `${tls === undefined ? 'http' : 'https'}://${near}:${port}/readyz`;
    const response = await request(address, { dispatcher, signal: AbortSignal.timeout(5000) });
    // Something else may listen at this port.
    const body = (await response.body.json().catch(() => null)) as { ready?: unknown } | null;
    return typeof body?.ready === 'boolean' ? body.ready : undefined;
  } catch (error) {
    // Refused: nobody is there. Somebody who is there and says nothing hangs.
    return (error as Error).name === 'TimeoutError' ? false : undefined;
  } finally {
    await dispatcher.destroy();
  }
}

/** Connects, and leaves again. The embedded database is brought up for it where it is down. */
async function askDatabase(loaded: LoadedConfig): Promise<void> {
  const log = createLogger({ level: 'silent', secrets: () => loaded.secrets });
  const { url, schema } = loaded.config.database;
  const embedded = url === undefined ? await startEmbedded({ dataDir: loaded.dataDir, log }) : undefined;
  try {
    const address = url ?? embedded?.url ?? '';
    const db = await openDatabase({ url: address, schema, applicationName: 'oto-bridge health', max: 1, log });
    await db.close();
  } finally {
    await embedded?.stop();
  }
}

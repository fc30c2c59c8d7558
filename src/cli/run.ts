import { once } from 'node:events';
import { setTimeout as delay } from 'node:timers/promises';
import type { Command } from 'commander';
import manifest from '../../package.json' with { type: 'json' };
import { type App, openApp } from '../app.ts';
import { startWorker } from '../engine/worker.ts';
import { flows } from '../flows/index.ts';
import { BridgeError, isBridgeError, messageOf } from '../lib/errors.ts';
import { createLogger } from '../lib/log.ts';
import { cliErrors } from './errors.ts';
import { type CommonOptions, common, configFileOf, type ExitCode } from './frame.ts';

/** How long a stop waits for what is in flight. */
const graceMs = 8000;
/** How long everything together may take to stop. */
const boundMs = 10_000;
/** How long a stop waits for whoever reads an answer. */
const httpGraceMs = 3000;

export function registerRun(program: Command, exit: (code: ExitCode) => void): void {
  common(program.command('run'))
    .summary('the worker: schedules, jobs, watches, HTTP')
    .description(
      'Works until it is stopped. Any number of workers may share one database. SIGTERM or Ctrl+C finishes what is in flight or gives it back, within 10 seconds; a second signal ends at once. Exit code: 0 when it stopped in good order, 1 when something was still in flight.',
    )
    .addHelpText('after', '\nExample:\n  oto-bridge run --config /etc/oto-bridge.yaml')
    .action(async (options: CommonOptions) => {
      const stop = new AbortController();
      let app: App | undefined;
      let deadline = Number.POSITIVE_INFINITY;
      stop.signal.addEventListener('abort', () => {
        deadline = performance.now() + boundMs;
      });
      const onSignal = (signal: NodeJS.Signals) => {
        if (stop.signal.aborted) process.exit(1);
        app?.log.info({ signal }, 'stopping: what is in flight is finished or given back first');
        stop.abort(
          new BridgeError(cliErrors.CLI_STOPPED, {
            message: `Stopped by ${signal}.`,
            hint: 'What was planned is kept, and goes on with the next worker or run.',
          }),
        );
      };
      process.on('SIGINT', onSignal);
      process.on('SIGTERM', onSignal);
      try {
        app = await openWhenThere(options, stop.signal);
        if (app === undefined) return;
        const inOrder = await stand(app, stop, options.json === true);
        if (!inOrder) {
          app.log.warn('stopped while something was in flight: the next worker finds out what became of it');
          exit(1);
        }
      } finally {
        // What hangs is left behind: whoever stops a service waits no longer than this.
        const rest = Math.min(boundMs, Math.max(1500, deadline - performance.now()));
        await Promise.race([app?.close(), delay(rest, undefined, { ref: false })]);
        setTimeout(() => process.exit(), 300).unref();
        process.off('SIGINT', onSignal);
        process.off('SIGTERM', onSignal);
      }
    });
}

/** A worker may start before its database does: it waits instead of dying. Undefined: it was stopped meanwhile. */
async function openWhenThere(options: CommonOptions, signal: AbortSignal): Promise<App | undefined> {
  for (let attempt = 0; !signal.aborted; attempt += 1) {
    try {
      return await openApp({
        configFile: configFileOf(options),
        env: process.env,
        ...(options.logLevel === undefined ? {} : { logLevel: options.logLevel }),
        who: `worker ${process.pid}`,
      });
    } catch (error) {
      if (!isBridgeError(error) || error.code !== 'STORE_UNREACHABLE') throw error;
      const log = createLogger({ level: options.logLevel ?? 'info', secrets: () => [] });
      log.warn({ reason: error.message, hint: error.hint }, 'the database is not there yet');
      await delay(Math.min(30_000, 500 * 2 ** attempt), undefined, { signal }).catch(() => undefined);
    }
  }
  return undefined;
}

/** Works until `stop`. True when nothing was in flight at the end. */
async function stand(app: App, stop: AbortController, json: boolean): Promise<boolean> {
  const { bridge, log } = app;
  const { version } = manifest;
  // Only now: other commands have no use for a server.
  const { startHttp } = await import('../http/index.ts');
  const http = await startHttp({ bridge, baseDir: app.loaded.baseDir, version, stop: stop.signal });
  let drained = true;
  try {
    await untilAccountIsKnown(app, stop.signal);
    const worker = await startWorker(bridge, {
      flows,
      version,
      stop: stop.signal,
      onUnfit: (error) => stop.abort(error),
    });
    try {
      http?.enter('working', true);
      const { port = null } = http ?? {};
      const host = http === undefined ? null : bridge.config.http.host;
      const { scheduled, watched } = worker;
      log.info({ version, pid: process.pid, host, port, scheduled, watched }, 'the worker is up');
      if (json) process.stdout.write(`${JSON.stringify({ status: 'running', pid: process.pid, port })}\n`);
      if (!stop.signal.aborted) await once(stop.signal, 'abort');
      http?.enter('stopping', true);
      // Beside the work: who reads an answer slowly takes no time from what is in flight.
      void http?.close(httpGraceMs);
    } finally {
      drained = await Promise.race([worker.close(graceMs), delay(boundMs - 1500, false, { ref: false })]);
    }
  } finally {
    await http?.close(httpGraceMs);
  }
  const reason: unknown = stop.signal.reason;
  if (isBridgeError(reason) && reason.code !== 'CLI_STOPPED') throw reason;
  return drained;
}

/** A worker may start before OTO or the network is there: it waits instead of dying, unless the account is a wrong one. */
async function untilAccountIsKnown(app: App, signal: AbortSignal): Promise<void> {
  for (let attempt = 0; !signal.aborted; attempt += 1) {
    try {
      await app.requireAccount();
      return;
    } catch (error) {
      if (isBridgeError(error) && error.code === 'ACCOUNT_OTHER') throw error;
      app.log.warn({ reason: messageOf(error) }, 'the account cannot be checked yet');
      await delay(Math.min(30_000, 1000 * 2 ** attempt), undefined, { signal }).catch(() => undefined);
    }
  }
}

import { once } from 'node:events';
import { setTimeout as delay } from 'node:timers/promises';
import type { Command } from 'commander';
import { type App, openApp } from '../app.ts';
import { flowNames } from '../config/schema.ts';
import { askedRuns } from '../engine/asked.ts';
import { watchSources } from '../engine/watch.ts';
import { startWorking } from '../engine/work.ts';
import { flows } from '../flows/index.ts';
import { startHealth } from '../http/health.ts';
import { startSchedules } from '../jobs/schedules.ts';
import { BridgeError, isBridgeError, messageOf } from '../lib/errors.ts';
import { lastRuns } from '../store/runs.ts';
import { cliErrors } from './errors.ts';
import { type CommonOptions, common, configFileOf } from './frame.ts';

/** How long a stop waits for what is in flight. */
const graceMs = 10_000;

export function registerRun(program: Command): void {
  common(program.command('run'))
    .summary('the worker: schedules, jobs, watches, health')
    .description(
      'Works until it is stopped. Any number of workers may share one database. SIGTERM or Ctrl+C finishes what is in flight; a second signal ends at once.',
    )
    .addHelpText('after', '\nExample:\n  oto-bridge run --config /etc/oto-bridge.yaml')
    .action(async (options: CommonOptions) => {
      const app = await openApp({
        configFile: configFileOf(options),
        env: process.env,
        ...(options.logLevel === undefined ? {} : { logLevel: options.logLevel }),
        who: `worker ${process.pid}`,
      });
      const { bridge, log } = app;
      const stop = new AbortController();
      const onSignal = (signal: NodeJS.Signals) => {
        if (stop.signal.aborted) process.exit(1);
        log.info({ signal }, 'stopping: what is in flight is finished first');
        stop.abort(
          new BridgeError(cliErrors.CLI_STOPPED, {
            message: `Stopped by ${signal}.`,
            hint: 'What was planned is kept, and goes on with the next worker or run.',
          }),
        );
      };
      process.on('SIGINT', onSignal);
      process.on('SIGTERM', onSignal);
      const undo: (() => Promise<unknown>)[] = [() => app.close()];
      try {
        await untilAccountIsKnown(app, stop.signal);
        const asked = askedRuns(bridge, flows);
        const work = await startWorking(bridge, {
          runFlow: (payload, signal) => asked(payload, AbortSignal.any([signal, stop.signal])),
        });
        undo.push(() => work.stop(graceMs));
        const schedules = await startSchedules(bridge.jobs, await schedulesOf(app), bridge.config.timezone, log);
        undo.push(() => schedules.stop());
        const watching = watchSources(bridge, stop.signal);
        undo.push(() => watching);
        const health = await startHealth(bridge.config.http, {
          ready: async () => (await bridge.db.query('select 1')).length === 1,
        });
        undo.push(() => health.stop());
        log.info({ host: bridge.config.http.host, port: health.port }, 'the worker is up');
        if (options.json === true)
          process.stdout.write(`${JSON.stringify({ status: 'running', pid: process.pid, port: health.port })}\n`);
        if (!stop.signal.aborted) await once(stop.signal, 'abort');
      } finally {
        for (const step of undo.reverse())
          await step().catch((error: unknown) =>
            log.warn({ reason: messageOf(error) }, 'could not be stopped in good order'),
          );
        process.off('SIGINT', onSignal);
        process.off('SIGTERM', onSignal);
      }
    });
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

async function schedulesOf(app: App) {
  const last = new Map((await lastRuns(app.bridge.db)).map((run) => [run.flow, run.started_at]));
  return flowNames.flatMap((flow) => {
    const settings = app.bridge.config.flows[flow];
    return settings?.enabled === true && settings.schedule !== undefined
      ? [{ flow, expression: settings.schedule, lastStart: last.get(flow) }]
      : [];
  });
}

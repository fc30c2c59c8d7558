import { once } from 'node:events';
import { setTimeout as delay } from 'node:timers/promises';
import type { Command } from 'commander';
import { type App, openApp } from '../app.ts';
import { type FlowName, flowNames } from '../config/schema.ts';
import { runFlow } from '../engine/run.ts';
import { startWorking } from '../engine/work.ts';
import { flows } from '../flows/index.ts';
import { startHealth } from '../http/health.ts';
import type { FlowPayload } from '../jobs/queues.ts';
import { startSchedules } from '../jobs/schedules.ts';
import { BridgeError, isBridgeError, messageOf } from '../lib/errors.ts';
import { listDocuments } from '../store/documents.ts';
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
        const work = await startWorking(bridge, {
          runFlow: (payload, signal) => runAsked(app, payload, AbortSignal.any([signal, stop.signal])),
        });
        undo.push(() => work.stop(graceMs));
        const schedules = await startSchedules(bridge.jobs, await schedulesOf(app), bridge.config.timezone, log);
        undo.push(() => schedules.stop());
        const watching = watchDocuments(app, stop.signal);
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

/** Runs a flow that a schedule or a watch asked for, and says in one line what came of it. */
async function runAsked(app: App, payload: FlowPayload, signal: AbortSignal): Promise<void> {
  const { bridge, log } = app;
  const name = payload.flow as FlowName;
  if (!flowNames.includes(name) || bridge.config.flows[name]?.enabled !== true) return;
  const { run } = await runFlow(bridge, flows[name], { mode: 'sync', trigger: payload.trigger, signal });
  if (run.status === 'busy') {
    // What a watch saw may have come after the running flow looked: the queue asks again. A schedule's next slot comes anyway.
    if (payload.trigger === 'watch') throw new Error(`${name} is running already`);
    log.info({ flow: name, trigger: payload.trigger }, 'left out: the flow is running already');
    return;
  }
  const ms = (run.finished_at?.getTime() ?? 0) - run.started_at.getTime();
  const line = {
    run: run.id,
    flow: name,
    trigger: payload.trigger,
    status: run.status,
    outcome: run.outcome,
    counts: run.counts,
    ms,
  };
  if (run.status === 'failed') log.error({ ...line, error: run.error }, 'run failed');
  else log.info(line, 'run finished');
  if (name === 'stock') await wakeDocuments(app);
}

/** Receipts that waited for the figures of the run which has just ended need not wait for the next file. */
async function wakeDocuments({ bridge }: App): Promise<void> {
  const { documents } = bridge.config.flows;
  if (documents?.enabled !== true) return;
  const waiting = await listDocuments(bridge.db, { states: ['new'], source: documents.from, limit: 1 });
  if (waiting.length > 0) await bridge.jobs.enqueueFlow('documents', 'stock-done');
}

/** Asks for a run of the documents flow whenever its source says that there may be something new. */
async function watchDocuments(app: App, signal: AbortSignal): Promise<void> {
  const { bridge, log } = app;
  const settings = bridge.config.flows.documents;
  if (settings?.enabled !== true || !settings.watch) return;
  while (!signal.aborted) {
    try {
      const { connector, definition } = await bridge.source(settings.from);
      if (connector.watch === undefined) {
        log.warn(
          { source: settings.from, connector: definition.name },
          'the connector cannot watch: documents come by schedule only',
        );
        return;
      }
      await bridge.jobs.enqueueFlow('documents', 'watch');
      for await (const entity of connector.watch(['documents'], signal)) {
        if (entity === 'documents') await bridge.jobs.enqueueFlow('documents', 'watch');
      }
    } catch (error) {
      if (signal.aborted) return;
      log.warn({ source: settings.from, reason: messageOf(error) }, 'watching was interrupted; it is taken up again');
    }
    await delay(5000, undefined, { signal }).catch(() => undefined);
  }
}

/**
 * Measures what a stock run does between its first look at the ERP's file and its finished plan, beside csv-parse alone, which iterates
 * the same file as objects (`columns: true`, `for await`) and does nothing with them.
 *
 * Ours: the CSV connector with its default options reads, checks and hashes the file; `intakeStock` maps, converts and stages it with
 * its checkpoints; `compareFigures` computes the wanted figures, compares them with OTO's, writes the plan, drops old snapshots and runs
 * every hold and guard over the plan. The same code as `oto-bridge plan stock`, on the embedded PostgreSQL with the settings that
 * users get. Left out are only the calls to OTO: its figures stand in the database already, and its orders are answered as none.
 *
 * Each measured round is a process of its own, ours and the reference in turn: A B A B A B, the best of each counts. Before it, both
 * sides read the same file unmeasured, until they have read 100,000 lines and at least once: a worker stands for months, so neither
 * side's compilation counts. `rssMb` is the peak of our process over all of its rounds, PostgreSQL not included.
 */
import { execFile } from 'node:child_process';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { openApp } from '../src/app.ts';
import { adopt } from '../src/store/adoptions.ts';
import { defineBench } from './bench.ts';
import { type Ground, openGround } from './ground.ts';
import {
  changesOf,
  configOf,
  onHand,
  places,
  skuOf,
  type Task,
  type Variant,
  variants,
  writeExport,
} from './intake/data.ts';

const run = promisify(execFile);
const ours = fileURLToPath(new URL('intake/ours.ts', import.meta.url));
const reference = fileURLToPath(new URL('intake/reference.ts', import.meta.url));

interface Measured {
  readonly lines: number;
  /** Lines that differ from what OTO shows. */
  readonly changed: number;
  /** Our seconds over those of csv-parse: the best of each. */
  readonly ratio: number;
  readonly seconds: number;
  readonly referenceSeconds: number;
  readonly microsecondsPerLine: number;
  readonly rssMb: number;
  /** Each pair, in the order of measuring. */
  readonly pairs: readonly { readonly seconds: number; readonly referenceSeconds: number }[];
}

export default defineBench({
  summary: 'a stock export from its file to the plan, beside csv-parse that only iterates the file',

  async run(args, say) {
    const lines = (args[0] ?? '10000,100000,1000000').split(',').map(Number);
    const pairs = Number(args[1] ?? 3);
    await using ground = await openGround();
    const sizes: Measured[] = [];
    for (const size of lines) {
      for (const variant of variants) {
        const task = await prepare(ground, size, variant);
        sizes.push(await measure(task, pairs, say));
      }
    }
    return { sizes };
  },

  text: ({ sizes }) =>
    sizes
      .map(
        (size) =>
          `${size.lines} lines, ${size.changed} changed: ${size.seconds} s, csv-parse ${size.referenceSeconds} s, ratio ${size.ratio.toFixed(2)}, ${size.microsecondsPerLine} µs a line, ${size.rssMb} MB`,
      )
      .join('\n'),
});

/** A schema with OTO's figures in it, all locations adopted, and the export to be read. */
async function prepare(ground: Ground, lines: number, variant: Variant): Promise<Task> {
  const schema = `intake_${lines}_${variant}`;
  const folder = join(ground.folder, schema);
  await mkdir(folder);
  const file = await writeExport(folder, lines, variant);
  const configFile = join(ground.folder, `${schema}.yaml`);
  await writeFile(configFile, configOf(folder, ground.databaseUrl, schema));
  await using app = await openApp({ configFile, env: {}, who: 'bench', logLevel: 'error' });
  const { db } = app.bridge;
  const readAt = new Date().toISOString();
  await db.tx((tx) =>
    tx.copyInto(
      'copy oto_stock (location, sku, on_hand, forecasted, read_at) from stdin',
      (async function* () {
        for (let line = 0; line < lines; line += 1) {
          yield `${places[line % places.length]?.[0]}\t${skuOf(line)}\t${onHand(line)}\t${onHand(line)}\t${readAt}\n`;
        }
      })(),
    ),
  );
  await db.query('vacuum analyze oto_stock');
  for (const [location] of places) await adopt(db, { flow: 'stock', location, by: 'bench', baseline: {} });
  await db.query('checkpoint');
  const warmUps = Math.max(1, Math.ceil(100_000 / lines));
  return { configFile, schema, file, lines, changes: changesOf(lines, variant), warmUps };
}

async function measure(task: Task, pairs: number, say: (line: string) => void): Promise<Measured> {
  const measured: { seconds: number; referenceSeconds: number; rssMb: number }[] = [];
  for (let pair = 0; pair < pairs; pair += 1) {
    const { seconds, rssMb = 0 } = await inProcess(ours, task);
    const { seconds: referenceSeconds } = await inProcess(reference, task);
    measured.push({ seconds, referenceSeconds, rssMb });
    say(
      `${task.lines} lines, ${task.changes} changed: ${seconds.toFixed(3)} s beside ${referenceSeconds.toFixed(3)} s (${(seconds / referenceSeconds).toFixed(2)}), ${Math.round(rssMb)} MB`,
    );
  }
  const seconds = Math.min(...measured.map((pair) => pair.seconds));
  const referenceSeconds = Math.min(...measured.map((pair) => pair.referenceSeconds));
  return {
    lines: task.lines,
    changed: task.changes,
    ratio: round(seconds / referenceSeconds, 2),
    seconds: round(seconds, 3),
    referenceSeconds: round(referenceSeconds, 3),
    microsecondsPerLine: round((seconds * 1_000_000) / task.lines, 2),
    rssMb: Math.round(Math.max(...measured.map((pair) => pair.rssMb))),
    pairs: measured.map((pair) => ({
      seconds: round(pair.seconds, 3),
      referenceSeconds: round(pair.referenceSeconds, 3),
    })),
  };
}

async function inProcess(file: string, task: Task): Promise<{ seconds: number; rssMb?: number }> {
  const flags = process.env.BENCH_NODE_FLAGS?.split(' ') ?? [];
  const { stdout, stderr } = await run(process.execPath, [...flags, file, JSON.stringify(task)]);
  if (stderr !== '') process.stderr.write(stderr);
  return JSON.parse(stdout);
}

function round(value: number, digits: number): number {
  const factor = 10 ** digits;
  return Math.round(value * factor) / factor;
}

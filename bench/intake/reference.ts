/** The reference, in a process of its own: csv-parse iterates the file as objects and does nothing with them. */
import { createReadStream } from 'node:fs';
import { parse } from 'csv-parse';
import type { Task } from './data.ts';

async function iterate({ file, lines }: Task): Promise<number> {
  const started = performance.now();
  let rows = 0;
  for await (const row of createReadStream(file).pipe(parse({ columns: true }))) if (row !== undefined) rows += 1;
  if (rows !== lines) throw new Error(`${rows} rows instead of ${lines}`);
  return (performance.now() - started) / 1000;
}

const task = JSON.parse(process.argv[2] ?? '{}') as Task;
for (let round = 0; round < task.warmUps; round += 1) await iterate(task);
process.stdout.write(`${JSON.stringify({ seconds: await iterate(task) })}\n`);

import { type Command, type Site, until } from '../support/process.ts';

/** A worker in a process of its own, and where it listens. */
export async function startWorker(site: Site): Promise<Command & { readonly origin: string }> {
  const command = site.start('run');
  await until('the worker', () => command.stdout.includes('\n') || !command.running);
  if (!command.running) throw new Error(command.stderr);
  const { port } = JSON.parse(command.stdout) as { port: number };
  return Object.assign(command, { origin: `http://127.0.0.1:${port}` });
}

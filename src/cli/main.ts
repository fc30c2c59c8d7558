#!/usr/bin/env node
import { Command, CommanderError } from 'commander';
import manifest from '../../package.json' with { type: 'json' };
import { registerAdopt } from './adopt.ts';
import { registerCheck } from './check.ts';
import { registerDb } from './db.ts';
import { registerDemo } from './demo.ts';
import { registerDocuments } from './documents.ts';
import type { ExitCode } from './frame.ts';
import { registerOperations } from './operations.ts';
import { printError } from './output.ts';
import { registerPacking } from './packing.ts';
import { registerPause } from './pause.ts';
import { registerApply, registerPlan } from './plan.ts';
import { registerPull } from './pull.ts';
import { registerQuarantine } from './quarantine.ts';
import { registerRun } from './run.ts';
import { registerRuns } from './runs.ts';
import { registerSimulator } from './simulator.ts';
import { registerStatus } from './status.ts';
import { registerSync } from './sync.ts';

const program = new Command('oto-bridge')
  .description("Syncs an ERP's products, stock and purchase documents with OTO, and packing results back.")
  .version(manifest.version)
  .showHelpAfterError('(add --help for how to use it)')
  .exitOverride();

const exit = (code: ExitCode) => {
  process.exitCode = code;
};

registerDemo(program, exit);
registerCheck(program, exit);
registerStatus(program, exit);
registerAdopt(program, exit);
registerPlan(program, exit);
registerApply(program, exit);
registerSync(program, exit);
registerPull(program);
registerRun(program);
registerPacking(program, exit);
registerDocuments(program, exit);
registerOperations(program, exit);
registerQuarantine(program, exit);
registerRuns(program);
registerPause(program);
registerSimulator(program);
registerDb(program);

try {
  await program.parseAsync();
} catch (error) {
  if (error instanceof CommanderError) process.exitCode = error.exitCode === 0 ? 0 : 1;
  else {
    printError(process.argv.includes('--json'), error);
    process.exitCode = 1;
  }
}

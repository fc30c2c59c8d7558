import { Command } from 'commander';
import manifest from '../../package.json' with { type: 'json' };
import { registerAdopt } from './adopt.ts';
import { registerCheck } from './check.ts';
import { registerConnector } from './connector.ts';
import { registerDb } from './db.ts';
import { registerDemo } from './demo.ts';
import { registerDocuments } from './documents.ts';
import { registerDrift } from './drift.ts';
import { registerExplain } from './explain.ts';
import { type ExitCode, withFooter } from './frame.ts';
import { registerOperations } from './operations.ts';
import { registerOto } from './oto.ts';
import { registerPacking } from './packing.ts';
import { registerPause } from './pause.ts';
import { registerApply, registerPlan } from './plan.ts';
import { registerPull } from './pull.ts';
import { registerQuarantine } from './quarantine.ts';
import { registerRun } from './run.ts';
import { registerRuns } from './runs.ts';
import { registerSimulator } from './simulator.ts';
import { registerStaff } from './staff.ts';
import { registerStatus } from './status.ts';
import { registerSync } from './sync.ts';
import { registerUndo } from './undo.ts';
import { registerWebhooks } from './webhooks.ts';

/** Every command. `exit` takes the exit code of the one that ran. */
export function buildProgram(exit: (code: ExitCode) => void): Command {
  const program = withFooter(new Command('oto-bridge'))
    .description("Syncs an ERP's products, stock and purchase documents with OTO, and packing results back.")
    .version(manifest.version)
    .showHelpAfterError('(add --help for how to use it)')
    .exitOverride();
  registerDemo(program, exit);
  registerCheck(program, exit);
  registerStatus(program, exit);
  registerAdopt(program, exit);
  registerPlan(program, exit);
  registerApply(program, exit);
  registerSync(program, exit);
  registerPull(program);
  registerRun(program, exit);
  registerPacking(program, exit);
  registerDocuments(program, exit);
  registerDrift(program, exit);
  registerExplain(program);
  registerUndo(program, exit);
  registerOperations(program, exit);
  registerQuarantine(program, exit);
  registerRuns(program);
  registerStaff(program);
  registerPause(program);
  registerWebhooks(program, exit);
  registerOto(program);
  registerSimulator(program);
  registerConnector(program, exit);
  registerDb(program);
  return program;
}

import type { Command } from 'commander';
import { runFlow } from '../engine/run.ts';
import { type Undone, undoing } from '../engine/undo.ts';
import { flows } from '../flows/index.ts';
import { counted } from '../lib/text.ts';
import { type CommonOptions, common, type ExitCode, wholeNumber, withApp } from './frame.ts';
import { print, table } from './output.ts';
import { viewOf } from './plan.ts';
import { resultJson, runText } from './run-result.ts';

interface UndoOptions extends CommonOptions {
  readonly limit?: string;
}

const shownItems = 20;

export function registerUndo(program: Command, exit: (code: ExitCode) => void): void {
  common(program.command('undo <run>'))
    .summary('plan to set what a run has changed back to what OTO showed before')
    .description(
      'Reads OTO and stores a plan: each stock figure that the run has set goes back to what OTO showed before, unless somebody has changed it since. Nothing is sent before `apply`. What OTO takes nothing back of is named. Exit code 0: nothing to do; 2: changes; 1: error.',
    )
    .option('--limit <n>', 'how many items to show of each kind', String(shownItems))
    .addHelpText(
      'after',
      '\nExamples:\n  oto-bridge undo 12\n  oto-bridge apply 31\n\nThe next sync sets what the ERP says again: correct the export first, or pause the flow.',
    )
    .action(async (text: string, options: UndoOptions) => {
      const undoes = wholeNumber(text, 'run number');
      const limit = wholeNumber(options.limit ?? String(shownItems), 'number of items');
      const { result, found, view } = await withApp(options, async (app, signal, progress) => {
        await app.requireAccount();
        let found: Undone = { kept: 0, figures: [], lasting: [] };
        const flow = undoing(flows.stock, limit, (one) => {
          found = one;
        });
        const asked = { mode: 'plan', trigger: 'plan', filter: { undoes }, progress, signal } as const;
        const result = await runFlow(app.bridge, flow, asked);
        const view = result.plan === undefined ? undefined : await viewOf(app, result.plan, limit);
        return { result, found, view };
      });
      const json = {
        ...resultJson(result),
        undoes,
        plan: view?.json ?? null,
        kept: { count: found.kept, figures: found.figures },
        lasting: found.lasting,
      };
      print(options.json === true, json, () =>
        [view?.text ?? '', keptText(found), runText(result.run), nextText(view?.changes)]
          .filter((part) => part !== '')
          .join('\n\n'),
      );
      const failed = result.run.status === 'failed' || result.run.status === 'busy';
      exit(failed ? 1 : (view?.changes ?? 0) > 0 ? 2 : 0);
    });
}

function keptText({ kept, figures }: Undone): string {
  if (kept === 0) return '';
  const rows = figures.map(({ sku, location, wrote, shows, why }) => [sku, location, wrote, shows, why]);
  return [
    `${counted(kept, 'figure stays as it is', 'figures stay as they are')}:`,
    table(['SKU', 'location', 'set to', 'OTO', 'why'], rows),
    ...(kept > figures.length ? [`… ${kept - figures.length} more: --limit ${kept}`] : []),
  ].join('\n');
}

function nextText(changes = 0): string {
  if (changes === 0) return '';
  return 'The next sync of stock sets what the ERP says again: correct the export first, or `oto-bridge pause stock`.';
}

import { counted } from '../lib/text.ts';
import { lateWrites } from '../store/late-writes.ts';
import type { RunContext } from './context.ts';

/**
 * Says where a call that was held up on its way has undone a newer figure: no lease can call back what is in the network already. The plan
 * puts it right, as it does with every difference; what made it is not left for a person to guess.
 */
export async function noticeLateWrites(context: RunContext, planId: number): Promise<void> {
  const found = await lateWrites(context.db, planId);
  const [first] = found;
  if (first === undefined) return;
  context.log.warn({ count: found.length, first }, 'calls were delivered to OTO after newer ones');
  context.note({
    kind: 'late-write',
    message: `${counted(found.length, 'figure looks', 'figures look')} undone by an older call of the bridge that OTO took late (first: "${first.sku}" at ${first.location}: operation ${first.newer} had set ${first.set}, OTO shows the ${first.shown} of operation ${first.late}, which it had left without an answer; ${first.wanted} is right now).`,
    hint: 'They are in the plan of this run. If it happens often, something between here and OTO holds calls back: raise `oto.settleSeconds`.',
    new: false,
    count: found.length,
  });
}

import type { StationAction, StationActionType } from '../../model/station.ts';
import { say } from '../texts/index.ts';

const types: readonly string[] = [
  'claim',
  'release',
  'scan',
  'count',
  'short',
  'pick',
  'approve',
  'reopen',
  'pack',
  'undo',
] satisfies StationActionType[];

export const isAction = (type: string): type is StationActionType => types.includes(type);

/** What somebody did, in words. */
export function actionText(action: StationAction): string {
  return say.value(`action.${action.type}`, 'sku' in action ? { sku: action.sku } : {});
}

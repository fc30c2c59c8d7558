import type { Plan } from '../oto/endpoints.ts';
import type { SwitchValues } from './switches.ts';

const steps = ['free', 'starter', 'scale', 'enterprise'] as const satisfies readonly SwitchValues['plan'][];

/** The least plan that has an endpoint; where documents disagree, the lower one. */
const least: { readonly [Name in Plan]: (typeof steps)[number] } = {
  all: 'free',
  'all; Starter and up in older documents': 'free',
  'all except Free; all in older documents': 'starter',
  'Starter and up': 'starter',
  'Starter and up with the WMS module; Scale and up in older documents': 'starter',
  'Scale and up': 'scale',
  'Scale and up; Starter and up in older documents': 'starter',
  Enterprise: 'enterprise',
  marketplaces: 'enterprise',
};

export function planHas(plan: SwitchValues['plan'], endpoint: Plan): boolean {
  return steps.indexOf(plan) >= steps.indexOf(least[endpoint]);
}

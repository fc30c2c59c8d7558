import { errorTable } from '../lib/errors.ts';

/** Codes of the steps and of the flows. */
export const engineErrors = errorTable({
  ACCOUNT_OTHER: ['fix-config', 'The database belongs to another OTO account or environment.'],
  FLOW_OFF: ['fix-config', 'The flow is not configured, or switched off.'],
  FLOW_BUSY: ['retry', 'The flow is running already, here or in another process.'],
  FLOW_PAUSED: ['ask', 'The flow was paused by a person.'],
  LOCATION_UNKNOWN: ['fix-config', 'A configured location does not exist in the OTO account.'],
  SNAPSHOT_BROKEN: ['fix-data', 'A read of the ERP did not arrive whole; nothing of it counts.'],
  SNAPSHOT_OLDER: ['fix-data', 'The ERP delivered figures that are older than those of the last read.'],
  SNAPSHOT_FUTURE: ['fix-data', 'The ERP delivered figures with a time in the future.'],
  SOURCE_EMPTY: ['fix-data', 'The ERP delivered no rows at all.'],
  PLAN_UNKNOWN: ['fix-data', 'There is no such plan.'],
  PLAN_STALE: ['ask', 'The plan no longer fits: something it was made from has changed.'],
  NOT_ADOPTED: ['ask', 'The starting state of a flow has not been accepted by a person.'],
  NOT_FOUND: ['fix-data', 'There is no such thing as was asked for.'],
  WRONG_STATE: ['ask', 'The thing is in a state in which this cannot be done.'],
  RUN_LOST: ['retry', 'A run ended without finishing: its process or its database went away.'],
  STAFF_EXISTS: ['fix-data', 'Somebody has an account of this name.'],
  STAFF_PIN: ['fix-data', 'The PIN or password is too short, or among those that are tried first.'],
  STAFF_BUSY: ['retry', 'Too many people sign in at this moment.'],
  PACKING_FAILED: ['ask', 'OTO did not take the packing status.'],
  WEBHOOKS_OFF: ['fix-config', 'OTO cannot be asked for webhooks: the configuration has none.'],
  WEBHOOK_LIMIT: ['ask', 'An account may have ten webhooks, and there is no room for those that are wanted.'],
  WEBHOOKS_FULL: ['retry', 'More events of OTO wait for the database than the bridge can hold; the rest is sent away.'],
});

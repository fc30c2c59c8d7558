import { errorTable } from '../lib/errors.ts';

/** Codes that the OTO client throws with: only for reads and for misuse; a call with a side effect answers with an `Outcome`. */
export const otoErrors = errorTable({
  OTO_REFUSED: ['fix-data', 'OTO understood the call and refused it; nothing changed there.'],
  OTO_UNREACHABLE: ['retry', 'OTO could not be reached, or gave no answer in time, also after repeats.'],
  OTO_AUTH: ['fix-config', 'OTO does not accept the refresh token, or not the access token that it gave for it.'],
  OTO_PAUSED: [
    'fix-config',
    "OTO denies a group of endpoints to this account: the plan or the token's rights lack it.",
  ],
  OTO_BAD_ANSWER: ['retry', 'OTO answered with something that cannot be read or trusted, also after repeats.'],
  OTO_RATE_LIMITED: ['retry', 'OTO asked for fewer calls, also after the bridge had slowed down.'],
  OTO_CANCELLED: ['retry', 'The call was given up by the bridge itself, such as when it stops.'],
  OTO_REQUEST_INVALID: ['report', 'The bridge built a call that cannot be sent; nothing was sent.'],
});

import { goodsSwitches } from './goods-switches.ts';
import { orderSwitches } from './order-switches.ts';
import { packingSwitches } from './packing-switches.ts';
import { choice, flag, number } from './switch-kinds.ts';
import { webhookSwitches } from './webhook-switches.ts';

/**
 * What no source says about OTO, or what sources say differently, each as a switch with its behaviours. `source` names the documents
 * of OTO that leave the question open; the default is the side that the sources make more likely. docs/unknowns.md says how the
 * bridge copes with either side.
 */
export const switchTable = {
  errorForm: choice(
    'both',
    "OTO's documents on error answers: they contradict each other",
    'Which generation of error bodies is answered?',
    {
      old: '{success:false, errorCode:<int>, errorMsg}: the captures of 2023',
      both: 'old and new fields together: the captures of 2025 and 2026',
      new: '{success:false, otoErrorCode, otoErrorMessage}: the examples of the 2026 documents',
    },
  ),
  refusalStatus: choice(
    'captured',
    "OTO's documents on error answers: they contradict each other",
    'With which HTTP status do refusals come?',
    {
      captured: 'the status of the nearest capture, mostly 400',
      ok200: '200 with success:false, as captured on other endpoints',
      conflict409: '409, as captured for conflicts',
      server500: '500: in the official table, without a word on when',
    },
  ),
  rateLimitAnswer: choice(
    'coded400',
    "OTO's documents on error answers: they name the code OTO1143, and neither a limit nor a status",
    'How are too many requests answered?',
    {
      coded400: 'HTTP 400 with OTO1143',
      coded429: 'HTTP 429 with OTO1143',
      coded200: 'HTTP 200 with success:false and OTO1143',
      plain429: "HTTP 429 in the gateway's form, without a code",
      old400: 'HTTP 400 in the oldest form, with nothing but a text',
    },
  ),
  ...goodsSwitches,
  ...packingSwitches,
  ...webhookSwitches,
  readLagMs: number(
    0,
    "OTO's documents: they do not say; other stock services show a write up to ten seconds late",
    'How long after a write do reads still answer what was true before it?',
    'so many milliseconds, in reads of stock, products and orders; no read lies about anything else',
    0,
  ),
  rotatesRefreshToken: flag(
    false,
    "OTO's documents on authorization: they do not say",
    'Does refreshToken answer another refresh token?',
    {
      true: 'each call answers a new one, and the one before stops working',
      false: 'the same one is echoed',
    },
  ),
  newTokenEndsOld: flag(
    false,
    "OTO's documents on authorization: they do not say",
    'Does a new access token end the ones before it?',
    {
      true: 'only the newest access token works',
      false: 'each works until it expires',
    },
  ),
  parallelRefresh: choice(
    'each',
    "OTO's documents on authorization: they do not say",
    'What does refreshToken answer within a second of the call before?',
    {
      each: 'another access token',
      same: 'the same access token again',
      refuse: 'too many requests, as rateLimitAnswer says',
    },
  ),
  badRefreshToken: choice(
    'coded400',
    "OTO's documents on authorization: they do not say",
    'What does refreshToken answer to a token that is not accepted?',
    {
      coded400: 'HTTP 400, OTO1083',
      gateway401: "HTTP 401 in the gateway's form",
      empty403: 'HTTP 403 with an empty body',
    },
  ),
  expiredToken: choice(
    'gateway',
    "OTO's documents on authorization: captures show two forms",
    'In which form does a 401 come?',
    {
      gateway: '{message, code:401}',
      coded: '{success:false, errorCode:3, errorMsg}, as captured on one endpoint',
    },
  ),
  ...orderSwitches,
};

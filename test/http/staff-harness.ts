import { type Agent, request as tlsRequest } from 'node:https';
import { hash } from '@node-rs/argon2';
import { addStaff } from '../../src/engine/staff.ts';
import { createPasswords, type Passwords } from '../../src/engine/staff-passwords.ts';
import { plainPin } from '../../src/engine/staff-pin.ts';
import type { StaffRole, StationSession } from '../../src/model/station.ts';
import type { TestBridge } from '../support/bridge.ts';

/** What a hash costs stands in it: those of tests are checked in no time. */
export const passwords: Passwords = {
  ...createPasswords(),
  hash: (pin) => hash(plainPin(pin), { memoryCost: 64, timeCost: 1, parallelism: 1 }),
};

/** Somebody with an account, at RUH1 where nothing else is said. */
export async function hire(
  bridge: Pick<TestBridge, 'db'>,
  name: string,
  pin: string,
  role: StaffRole = 'picker',
  locations: readonly string[] = ['RUH1'],
): Promise<number> {
  return (await addStaff({ db: bridge.db, passwords, by: 'test' }, { name, pin, role, locations })).id;
}

export interface Answer {
  readonly status: number;
  readonly headers: Headers;
  readonly body: StationSession & { readonly error?: { readonly code: string; readonly message: string } };
}

const path = '/station/api/session';

/** What a browser does at the station, with one cookie. */
export interface Browser {
  cookie: string | undefined;
  /** Of the last sign-in. */
  csrf: string;
  ask(method: string, url: string, init?: { body?: unknown; headers?: Record<string, string> }): Promise<Answer>;
  signIn(name: string, pin: string, headers?: Record<string, string>): Promise<Answer>;
  session(headers?: Record<string, string>): Promise<Answer>;
  signOut(headers?: Record<string, string>): Promise<Answer>;
}

export function browserAt(origin: string, agent?: Agent): Browser {
  const browser: Browser = {
    cookie: undefined,
    csrf: '',
    async ask(method, url, { body, headers = {} } = {}) {
      const all = {
        ...(browser.cookie === undefined ? {} : { cookie: browser.cookie }),
        ...(body === undefined ? {} : { 'content-type': 'application/json' }),
        ...headers,
      };
      const text = body === undefined ? undefined : JSON.stringify(body);
      const answer = await (agent === undefined ? plain : overTls(agent))(`${origin}${url}`, method, all, text);
      const [set] = answer.headers.getSetCookie();
      if (set !== undefined) browser.cookie = set.split(';', 1)[0];
      if (typeof answer.body?.csrf === 'string') browser.csrf = answer.body.csrf;
      return answer;
    },
    signIn: (name, pin, headers) => browser.ask('POST', path, { body: { name, pin }, ...(headers && { headers }) }),
    session: (headers) => browser.ask('GET', path, headers && { headers }),
    signOut: (headers) => browser.ask('DELETE', path, { headers: { 'x-csrf-token': browser.csrf, ...headers } }),
  };
  return browser;
}

type Ask = (url: string, method: string, headers: Record<string, string>, body: string | undefined) => Promise<Answer>;

const plain: Ask = async (url, method, headers, body) => {
  const response = await fetch(url, { method, headers, ...(body === undefined ? {} : { body }) });
  return answerOf(response.status, response.headers, await response.text());
};

const overTls =
  (agent: Agent): Ask =>
  (url, method, headers, body) =>
    new Promise((resolve, reject) => {
      const request = tlsRequest(url, { method, headers, agent, family: 4 }, (response) => {
        let text = '';
        response.setEncoding('utf8').on('data', (part: string) => {
          text += part;
        });
        response.on('end', () => {
          const all = new Headers();
          for (const [name, value] of Object.entries(response.headers))
            for (const one of [value].flat()) if (one !== undefined) all.append(name, one);
          resolve(answerOf(response.statusCode ?? 0, all, text));
        });
      });
      request.on('error', reject).end(body);
    });

const answerOf = (status: number, headers: Headers, text: string): Answer => ({
  status,
  headers,
  body: text === '' ? {} : JSON.parse(text),
});

import { batch, computed, signal } from '@preact/signals';
import type { StationAction, StationResult, StationSession } from '../model/station.ts';
import { api, useCsrf } from './api.ts';
import { ApiError } from './api-error.ts';
import { settings } from './settings.ts';

/** Who works here. `undefined` while nobody knows yet, null: nobody. */
export const session = signal<StationSession | null | undefined>(undefined);
export const signedIn = computed(() => session.value ?? null);
export const isSupervisor = computed(() => ['supervisor', 'admin'].includes(signedIn.value?.staff.role ?? ''));
/** The server has ended a session that this page worked in. */
export const hasEnded = signal(false);

/** The location that is worked at: the one that this device remembers, if this person may see it, or their only one. */
export const location = computed(() => {
  const mine = signedIn.value?.locations ?? [];
  return mine.find(({ code }) => code === settings.location.value) ?? (mine.length === 1 ? mine[0] : undefined);
});

/** Whether the server has said so itself: what was only remembered can show, and cannot send. */
const confirmed = signal(false);

function take(one: StationSession | null, said: boolean): void {
  batch(() => {
    hasEnded.value = one === null && signedIn.peek() !== null;
    useCsrf(one?.csrf ?? '');
    confirmed.value = said;
    session.value = one;
  });
}

/** Who worked here when the server was last heard, for a start without it. The server has the last word. */
export function rememberedSession(one: StationSession): void {
  if (session.peek() === undefined && Date.parse(one.expiresAt) > Date.now()) take({ ...one, csrf: '' }, false);
}

export const isConfirmed = computed(() => confirmed.value);

/** Asks the server who is signed in. Without an answer it stays as it was. @throws ApiError */
export async function loadSession(): Promise<void> {
  try {
    take(await api.session(), true);
  } catch (error) {
    if (!(error instanceof ApiError) || error.kind !== 'signed-out') throw error;
    take(null, true);
  }
}

/** @throws ApiError */
export async function signIn(name: string, pin: string): Promise<void> {
  const one = await api.signIn(name, pin);
  settings.lastName.value = one.staff.name;
  take(one, true);
}

/** Ends the session here, whether the server hears of it or not. */
export async function signOut(): Promise<void> {
  await api.signOut().catch(() => undefined);
  take(null, true);
  hasEnded.value = false;
}

/** Nobody is signed in, as far as is known. */
export function nobody(): void {
  take(null, false);
}

/** @throws ApiError: offline also where the server has not confirmed yet who works here */
export async function sendActions(actions: readonly StationAction[]): Promise<readonly StationResult[]> {
  if (!confirmed.peek()) throw new ApiError('offline', 'the session is not confirmed yet');
  return api.act(actions);
}

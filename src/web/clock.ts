import { computed, signal } from '@preact/signals';
import { shownNumber } from './numerals.ts';
import { session } from './session.ts';
import { settings } from './settings.ts';
import { say } from './texts/index.ts';

/** The time as of which ages are shown. It goes on by itself once a second. */
export const now = signal(Date.now());
export function startClock(): void {
  setInterval(() => {
    now.value = Date.now();
  }, 1000);
}

const steps = [
  ['age.days', 86_400_000],
  ['age.hours', 3_600_000],
  ['age.minutes', 60_000],
  ['age.seconds', 1000],
] as const;

/** How long something took or is ago, in its largest unit. */
export function ageText(ms: number): string {
  const [name, unit] = steps.find(([, size]) => ms >= size) ?? ['age.seconds', 1000];
  return say.value(name, { count: Math.max(0, Math.floor(ms / unit)) });
}

/** A time in the zone of the warehouse; the day stands with it where it is not today. */
export const timeText = computed(() => {
  const locale = `${settings.language.value}-u-nu-${settings.numerals.value}-ca-gregory`;
  const timeZone = session.value?.timezone;
  const zone = timeZone === undefined ? {} : { timeZone };
  const time = new Intl.DateTimeFormat(locale, { ...zone, hour: '2-digit', minute: '2-digit', hourCycle: 'h23' });
  const day = new Intl.DateTimeFormat(locale, { ...zone, day: 'numeric', month: 'short' });
  return (at: string | Date): string => {
    const date = new Date(at);
    const today = day.format(date) === day.format(new Date());
    return today ? time.format(date) : `${day.format(date)} ${time.format(date)}`;
  };
});

/** A number as it is shown on this device. */
export const numberText = computed(() => {
  const [numerals, language] = [settings.numerals.value, settings.language.value];
  return (value: number) => shownNumber(value, numerals, language);
});

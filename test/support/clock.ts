/** A clock on the wall, and somebody before it with a list: what schedules have to agree with, by other means than theirs. */

const minute = 60_000;

/** What the clocks of a zone show in each minute, as if the zone were UTC: from the platform's own calendar. */
export function minutesOf(timezone: string, day: string, days: number): { at: number; wall: number }[] {
  const format = new Intl.DateTimeFormat('en-GB', {
    timeZone: timezone,
    year: 'numeric',
    month: 'numeric',
    day: 'numeric',
    hour: 'numeric',
    minute: 'numeric',
    hourCycle: 'h23',
  });
  const from = Date.parse(`${day}T00:00:00Z`);
  return Array.from({ length: days * 1440 }, (_, index) => {
    const at = from + index * minute;
    const part = Object.fromEntries(format.formatToParts(at).map(({ type, value }) => [type, Number(value)]));
    return {
      at,
      wall: Date.UTC(part.year ?? 0, (part.month ?? 1) - 1, part.day ?? 1, part.hour ?? 0, part.minute ?? 0),
    };
  });
}

/** The values of a field: `*`, `5`, `1-5`, a list of them, each with `/step` where wanted. */
function valuesOf(field: string, highest: number): Set<number> {
  const all = Array.from({ length: highest + 1 }, (_, value) => value);
  return new Set(
    field.split(',').flatMap((part) => {
      const [range = '', step = '1'] = part.split('/');
      const [low = '', high = low] = range.split('-');
      if (range === '*') return all.filter((value) => value % Number(step) === 0);
      return all.filter(
        (value) => value >= Number(low) && value <= Number(high) && (value - Number(low)) % Number(step) === 0,
      );
    }),
  );
}

/** Minute by minute, as somebody would who stands before the clock with a list. */
export function slotsByWatching(expression: string, minutes: readonly { at: number; wall: number }[]): number[] {
  const [minuteField = '', hourField = '', dayField = '', monthField = '', weekdayField = ''] = expression.split(' ');
  const allowed = {
    minutes: valuesOf(minuteField, 59),
    hours: valuesOf(hourField, 23),
    days: valuesOf(dayField, 31),
    months: valuesOf(monthField, 12),
    weekdays: valuesOf(weekdayField, 6),
  };
  const matches = (wall: number): boolean => {
    const date = new Date(wall);
    if (!allowed.minutes.has(date.getUTCMinutes()) || !allowed.hours.has(date.getUTCHours())) return false;
    const day = allowed.days.has(date.getUTCDate());
    const weekday = allowed.weekdays.has(date.getUTCDay());
    const either = dayField !== '*' && weekdayField !== '*';
    return allowed.months.has(date.getUTCMonth() + 1) && (either ? day || weekday : day && weekday);
  };
  const everyHour = allowed.hours.size === 24;
  const shown = new Set<number>();
  return minutes
    .filter(({ wall }, index) => {
      if (everyHour) return matches(wall);
      const before = minutes[index - 1]?.wall ?? wall - minute;
      let due = !shown.has(wall) && matches(wall);
      for (let skipped = before + minute; skipped < wall; skipped += minute) due ||= matches(skipped);
      shown.add(wall);
      return due;
    })
    .map(({ at }) => at);
}

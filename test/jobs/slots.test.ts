import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { lastSlot, nextSlot, slotId } from '../../src/jobs/slots.ts';
import { minutesOf, slotsByWatching } from '../support/clock.ts';

/** Three days around changes of the clocks, a zone whose change is at midnight and one whose change is half an hour among them. */
const windows = [
  ['Europe/Berlin', '2027-03-27'],
  ['Europe/Berlin', '2027-10-30'],
  ['America/New_York', '2027-03-13'],
  ['America/New_York', '2027-11-06'],
  ['Africa/Cairo', '2027-04-29'],
  ['Africa/Cairo', '2027-10-28'],
  ['America/Santiago', '2027-09-04'],
  ['Australia/Lord_Howe', '2027-04-03'],
  ['Australia/Lord_Howe', '2027-10-02'],
  ['Asia/Riyadh', '2027-03-27'],
].map(([timezone = '', day = '']) => ({ timezone, day, minutes: minutesOf(timezone, day, 3) }));

const list = (low: number, high: number) =>
  fc.uniqueArray(fc.integer({ min: low, max: high }), { minLength: 1, maxLength: 3 }).map((all) => all.join(','));
const expressions = fc
  .tuple(
    fc.oneof(list(0, 59), fc.constantFrom('*', '*/5', '*/15', '0', '30', '10-50/20')),
    fc.oneof({ weight: 3, arbitrary: list(0, 4) }, list(0, 23), fc.constantFrom('*', '*/2', '*/1', '0-3', '1-5/2')),
    fc.oneof({ weight: 3, arbitrary: fc.constant('*') }, list(27, 31)),
    fc.constant('*'),
    fc.oneof({ weight: 3, arbitrary: fc.constant('*') }, list(0, 6)),
  )
  .map((fields) => fields.join(' '));

describe('slots of a schedule', () => {
  test('are those that somebody who watches the clock would find, over every change of the clocks', () => {
    fc.assert(
      fc.property(fc.constantFrom(...windows), expressions, fc.nat(), ({ timezone, minutes }, expression, anywhere) => {
        const expected = slotsByWatching(expression, minutes);
        const [first = 0, last = 0] = [minutes[0]?.at, minutes.at(-1)?.at];
        const moment = first + (anywhere % (last - first));
        const coming = expected.filter((at) => at > moment).slice(0, 30);
        let slot = moment;
        const found = coming.map(() => {
          slot = nextSlot(expression, timezone, new Date(slot)).getTime();
          return slot;
        });
        expect(found).toEqual(coming);
        const passed = expected.filter((at) => at <= moment);
        if (passed.length > 0) expect(lastSlot(expression, timezone, new Date(moment)).getTime()).toBe(passed.at(-1));
      }),
      { numRuns: 200 },
    );
  });

  test('02:30 on the day that has none is the first moment after; on the day that has two it is the first', () => {
    const spring = nextSlot('30 2 * * *', 'Europe/Berlin', new Date('2027-03-27T12:00:00Z'));
    expect(spring).toEqual(new Date('2027-03-28T01:00:00Z'));
    expect(nextSlot('30 2 * * *', 'Europe/Berlin', spring)).toEqual(new Date('2027-03-29T00:30:00Z'));
    const autumn = nextSlot('30 2 * * *', 'Europe/Berlin', new Date('2027-10-30T12:00:00Z'));
    expect(autumn).toEqual(new Date('2027-10-31T00:30:00Z'));
    expect(nextSlot('30 2 * * *', 'Europe/Berlin', autumn)).toEqual(new Date('2027-11-01T01:30:00Z'));
  });

  test('a schedule of every hour goes on through the hour that comes twice', () => {
    const slots = [];
    let slot = new Date('2027-10-30T23:59:00Z');
    for (let index = 0; index < 4; index += 1) {
      slot = nextSlot('30 * * * *', 'Europe/Berlin', slot);
      slots.push(slot.toISOString().slice(11, 16));
    }
    expect(slots).toEqual(['00:30', '01:30', '02:30', '03:30']);
  });

  test('have an id that is the same everywhere and differs from all others', () => {
    const slot = new Date('2027-03-28T01:00:00Z');
    expect(slotId('stock', slot)).toBe(slotId('stock', new Date(slot)));
    expect(slotId('stock', slot)).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-5[0-9a-f]{3}-a[0-9a-f]{3}-[0-9a-f]{12}$/);
    expect(new Set([slotId('stock', slot), slotId('products', slot), slotId('stock', new Date(0))]).size).toBe(3);
  });
});

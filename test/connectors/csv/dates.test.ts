import fc from 'fast-check';
import { DateTime } from 'luxon';
import { describe, expect, test } from 'vitest';
import { type DateFormat, dateFormats, dateReader } from '../../../connectors/csv/dates.ts';
import { isRefused } from '../../../connectors/csv/numbers.ts';

const riyadh = 'Asia/Riyadh';

test.each<[DateFormat, string, string]>([
  ['YYYY-MM-DD', '2026-11-20', '2026-11-20'],
  ['YYYY-MM-DD', '2026-11-20 00:00:00', '2026-11-20'],
  ['YYYY-MM-DD', '2026-11-20T08:15:00.000', '2026-11-20'],
  ['YYYY-MM-DD', '2026-11-19T22:30:00Z', '2026-11-20'],
  ['YYYY-MM-DD', '2026-11-20T01:00:00+0500', '2026-11-19'],
  ['YYYY/MM/DD', '2026/11/20', '2026-11-20'],
  ['YYYYMMDD', '20261120', '2026-11-20'],
  ['YYYYMMDD', '20261120143005', '2026-11-20'],
  ['DD/MM/YYYY', '5/1/2026', '2026-01-05'],
  ['DD/MM/YYYY', '20/11/2026 14:30', '2026-11-20'],
  ['DD/MM/YYYY', '20/11/2026 02:30:00 م', '2026-11-20'],
  ['MM/DD/YYYY', '11/20/2026 2:30:00 PM', '2026-11-20'],
  ['DD.MM.YYYY', '٢٠.١١.٢٠٢٦', '2026-11-20'],
  ['DD.MM.YYYY', '۲۰.۱۱.۲۰۲۶', '2026-11-20'],
  ['DD MMM YYYY', '20-Nov-2026', '2026-11-20'],
  ['DD MMM YYYY', '20 november 2026', '2026-11-20'],
  ['DD MMM YYYY', '1 Sept. 2026', '2026-09-01'],
  ['MMM DD YYYY', 'Nov 20, 2026', '2026-11-20'],
  ['DD MMM YY', '20-NOV-26', '2026-11-20'],
  ['DD.MM.YY', '5.1.26', '2026-01-05'],
  ['DDMMYYYY', '20112026', '2026-11-20'],
])('%s: %s', (format, text, date) => {
  expect(dateReader([format], riyadh).date(text)).toBe(date);
});

test.each<[readonly DateFormat[], string, string]>([
  [['YYYY-MM-DD'], '20/11/2026', 'it is written as DD/MM/YYYY'],
  [['DD/MM/YYYY'], '2026-11-20', 'it is written as YYYY-MM-DD'],
  [['DD.MM.YYYY'], '5.1.26', 'it is written as DD.MM.YY'],
  [['YYYY-MM-DD'], '2026-1-20', 'a day that exists'],
  [['YYYY-MM-DD'], '2026-02-30', 'a day that exists'],
  [['YYYY-MM-DD'], '2026-11-20 25:00', 'a day that exists'],
  [['YYYY-MM-DD'], '1448-05-29', 'Hijri'],
  [['DD/MM/YYYY'], '29/05/1448', 'Hijri'],
  [['DD/MM/YYYY'], '29/05/1448 هـ', 'Hijri'],
  [['YYYYMMDD'], '14480529', 'Hijri'],
  [['YYYY/MM/DD'], '۱۴۰۵/۰۸/۲۹', 'Persian'],
  [['YYYY-MM-DD'], '46346', 'day number'],
  [['DD MMM YYYY'], '20 نوفمبر 2026', 'must be a date as DD MMM YYYY'],
  [['YYYY-MM-DD'], 'yesterday', 'must be a date as YYYY-MM-DD'],
  [['DD/MM/YYYY', 'MM/DD/YYYY'], '05/11/2026', 'another day'],
  [['YYYY-MM-DD'], '2026-11-20T10:00:00+29:00', 'a day that exists'],
])('refused as %j: %s', (formats, text, reason) => {
  const result = dateReader(formats, riyadh).date(text);
  expect(isRefused(result) && result.refused).toContain(reason);
});

test('a list of formats: a date counts where all that can read it agree', () => {
  const { date } = dateReader(['DD/MM/YYYY', 'MM/DD/YYYY', 'YYYY-MM-DD'], riyadh);
  expect(['20/11/2026', '11/20/2026', '05/05/2026', '2026-11-20'].map(date)).toEqual([
    '2026-11-20',
    '2026-11-20',
    '2026-05-05',
    '2026-11-20',
  ]);
});

describe('times', () => {
  test.each<[string, string, string]>([
    [riyadh, '2026-11-20 08:15', '2026-11-20T08:15:00+03:00'],
    [riyadh, '2026-11-20T05:15:00Z', '2026-11-20T05:15:00Z'],
    [riyadh, '2026-11-20T05:15:00.250+0300', '2026-11-20T05:15:00.250+03:00'],
    [riyadh, '20/11/2026 8:15:30 PM', '2026-11-20T20:15:30+03:00'],
    [riyadh, '20/11/2026 12:05 ص', '2026-11-20T00:05:00+03:00'],
    ['Africa/Cairo', '2026-07-01 08:15', '2026-07-01T08:15:00+03:00'],
    // On 30 October 2026 Cairo goes back from 24:00 to 23:00 of the day before: that hour is there twice.
    ['Africa/Cairo', '2026-10-29 23:30', '2026-10-29T23:30:00+03:00'],
    ['Africa/Cairo', '2026-10-30 00:00', '2026-10-30T00:00:00+02:00'],
    ['Europe/Berlin', '2026-10-25 02:30', '2026-10-25T02:30:00+02:00'],
  ])('in %s %s', (timezone, text, time) => {
    expect(dateReader(['DD/MM/YYYY'], timezone).time(text)).toBe(time);
  });

  test.each<[string, string, string]>([
    // On 24 April 2026 Cairo goes forward from 00:00 to 01:00.
    ['Africa/Cairo', '2026-04-24 00:30', 'does not exist in Africa/Cairo'],
    ['Europe/Berlin', '2026-03-29 02:30', 'does not exist'],
    [riyadh, '2026-11-20', 'no time of day'],
    [riyadh, 'noon', 'must be a date'],
  ])('refused in %s: %s', (timezone, text, reason) => {
    const result = dateReader(['YYYY-MM-DD'], timezone).time(text);
    expect(isRefused(result) && result.refused).toContain(reason);
  });
});

/** Luxon's word for each format: an oracle that shares nothing with the reader. */
function written(date: DateTime, format: DateFormat): string {
  return date.toFormat(format.replace('YYYY', 'yyyy').replace('YY', 'yy').replace('MMM', 'LLL').replace(/DD/, 'dd'), {
    locale: 'en',
  });
}

describe('for all days', () => {
  const days = fc
    .date({ min: new Date('2000-01-01'), max: new Date('2099-12-31'), noInvalidDate: true })
    .map((at) => DateTime.fromJSDate(at, { zone: 'utc' }));

  test('what is written in a format is read as the same day', () => {
    fc.assert(
      fc.property(
        days,
        fc.constantFrom(...dateFormats),
        fc.constantFrom('', ' 00:00:00', 'T23:59'),
        (day, format, time) => {
          const zero = (script: number) => (digit: string) => String.fromCharCode(script + Number(digit));
          const text = written(day, format) + time;
          const { date } = dateReader([format], riyadh);
          expect(date(text), text).toBe(day.toISODate());
          expect(date(text.replace(/\d/g, zero(0x660)))).toBe(day.toISODate());
        },
      ),
    );
  });

  test('with any list of formats a day is read rightly or refused', () => {
    fc.assert(
      fc.property(days, fc.subarray([...dateFormats], { minLength: 1 }), (day, formats) => {
        const [first] = formats;
        const result = dateReader(formats, riyadh).date(written(day, first ?? 'YYYY-MM-DD'));
        if (!isRefused(result)) expect(result).toBe(day.toISODate());
      }),
    );
  });

  test('a local time is the moment that it names', () => {
    const minutes = fc.integer({ min: Date.UTC(2024, 0), max: Date.UTC(2027, 0) }).map((at) => Math.floor(at / 60_000));
    fc.assert(
      fc.property(
        minutes,
        fc.constantFrom(riyadh, 'Africa/Cairo', 'Europe/Berlin', 'Asia/Gaza'),
        (minute, timezone) => {
          const at = DateTime.fromMillis(minute * 60_000, { zone: timezone });
          const time = dateReader(['YYYY-MM-DD'], timezone).time(at.toFormat('yyyy-MM-dd HH:mm'));
          expect(isRefused(time)).toBe(false);
          const read = DateTime.fromISO(String(time), { zone: timezone });
          // The same wall clock; and where that is there twice, the earlier of both.
          expect(read.toFormat('yyyy-MM-dd HH:mm')).toBe(at.toFormat('yyyy-MM-dd HH:mm'));
          expect(read.toMillis()).toBeLessThanOrEqual(at.toMillis());
        },
      ),
    );
  });

  test('any text is a date or refused; nothing is thrown', () => {
    fc.assert(
      fc.property(fc.string(), fc.subarray([...dateFormats], { minLength: 1 }), (text, formats) => {
        const { date, time } = dateReader(formats, 'Africa/Cairo');
        for (const result of [date(text), time(text)]) {
          expect(isRefused(result) || /^\d{4}-\d\d-\d\d/.test(result)).toBe(true);
        }
      }),
    );
  });
});

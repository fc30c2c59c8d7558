import { describe, expect, test } from 'vitest';
import { faultsOf, overhang } from './faults.ts';
import { goods, openStation, people } from './station.ts';

const station = openStation();

const languages = [
  { language: 'en', locale: 'en-GB', direction: 'ltr' },
  { language: 'ar', locale: 'ar-SA', direction: 'rtl' },
] as const;
const sizes = [
  { width: 360, height: 740 },
  { width: 1280, height: 800 },
];

describe.each(languages)('in $language', ({ language, locale, direction }) => {
  test.each(sizes)('no screen keeps anybody out or runs out of the display, at $width', async (viewport) => {
    const id = station.fresh('LOOK');
    await station.orders([id, { DATES: 2, COFFEE: 1, HONEY: 1 }], [station.fresh('LOOK'), { DATES: 1 }]);
    const screen = await station.device({ locale, viewport });
    const { page } = screen;
    const found: Record<string, unknown> = {};
    const look = async (name: string) => {
      const faults = await faultsOf(screen);
      const wider = await overhang(screen);
      if (faults.length > 0 || wider > 0) found[name] = { faults, wider };
    };
    await page.locator('input[name=pin]').waitFor();
    expect(await page.evaluate('[document.documentElement.lang, document.documentElement.dir]')).toEqual([
      language,
      direction,
    ]);
    await look('sign-in');
    // Who has several locations is asked for one.
    await screen.identify(people.noura);
    await page.locator('[data-location=RUH1]').waitFor();
    await look('locations');
    await page.getByRole('button').last().click();
    await page.locator('input[name=pin]').waitFor();
    await screen.signIn(people.huda);
    await page.locator(`li.row[data-order="${id}"]`).waitFor();
    await look('orders');
    await screen.openOrder(id);
    await look('order');
    await screen.scan(goods.DATES.barcode);
    await screen.counted('DATES', 1);
    await screen.scan('NOTHING-LIKE-IT');
    await screen.scanned('wrong');
    await look('order, wrong scan');
    await screen.scan('DATES', { times: 2 });
    await screen.scanned('held');
    await look('order, held scan');
    await page.locator('li.line[data-sku=COFFEE] .short-button').click();
    await page.getByRole('dialog').waitFor();
    await look('short dialog');
    await page.keyboard.press('Escape');
    await page.locator('li.line[data-sku=COFFEE] button.figure-box').click();
    await page.getByRole('dialog').waitFor();
    await look('count dialog');
    await page.keyboard.press('Escape');
    // A code reads from left to right, whatever the page does.
    const directions = await page.evaluate<string[]>(
      '[...document.querySelectorAll("article .code, article .figure")].map((one) => getComputedStyle(one).direction)',
    );
    expect([...new Set(directions)]).toEqual(['ltr']);
    for (const name of ['supervisor', 'trouble', 'settings']) {
      await screen.go(name);
      await page.locator(`nav a[href="#/${name}"][aria-current=page]`).waitFor();
      await look(name);
    }
    await screen.go('conflicts');
    await page.locator('main ul.cards').waitFor({ state: 'attached' });
    await look('conflicts');
    await screen.context.setOffline(true);
    await screen.status('offline');
    await look('offline');
    expect(found).toEqual({});
    expect(screen.errors).toEqual([]);
    await screen.context.close();
  });
});

test('Arabic: the language can be changed, counts have their Arabic forms, and digits are as one likes', async () => {
  const [many, few] = [station.fresh('NUM'), station.fresh('NUM')];
  await station.orders([many, { DATES: 11 }], [few, { DATES: 2 }]);
  const screen = await station.device({ locale: 'ar-SA' });
  await screen.signIn({ ...people.sara, pin: '٤٨٢٩١٥' });
  const row = screen.page.locator(`li.row[data-order="${few}"]`);
  await row.getByText('قطعتان').waitFor();
  await screen.go('settings');
  await screen.button('٠١٢٣٤٥٦٧٨٩').click();
  await screen.go('orders');
  await screen.page.locator(`li.row[data-order="${many}"]`).getByText('١١').waitFor();
  await screen.go('settings');
  await screen.button('English').click();
  await screen.page.locator('html[lang=en][dir=ltr]').waitFor();
  await screen.context.close();
});

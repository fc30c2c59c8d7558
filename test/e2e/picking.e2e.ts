import { expect, test } from 'vitest';
import { goods, openStation, people } from './station.ts';

const station = openStation();
const { sara, omar, huda } = people;
const statusInOto = (id: string) => station.site.simulator.state.orders.get(id)?.status;

test('signs in, sees the orders, counts by scans and by hand, picks and packs, and turns green when OTO has it', async () => {
  const [id, other] = [station.fresh('PICK'), station.fresh('PICK')];
  await station.orders([id, { DATES: 3, COFFEE: 2, HONEY: 1 }], [other, { DATES: 1 }]);
  const screen = await station.device();
  const { page } = screen;
  await page.locator('input[name=name]').fill(sara.name);
  await page.locator('input[name=pin]').fill('000001');
  await page.locator('input[name=pin]').press('Enter');
  await screen.note('sign-in', 'Name and PIN do not match.').waitFor();
  await screen.signIn(sara);
  await page.locator(`li.row[data-order="${other}"]`).waitFor();
  await screen.status('green');
  await screen.openOrder(id);
  // A name is text, whatever stands in it.
  await page.getByText(goods.HONEY.name).waitFor();

  await screen.scan(goods.DATES.barcode);
  await screen.counted('DATES', 1);
  const right = await screen.heard();
  await screen.scan('6281000000991');
  await screen.scanned('wrong', '6281000000991 does not belong to this order');
  const wrong = await screen.heard();
  await screen.scan(goods.HONEY.barcode);
  await screen.counted('HONEY', 1);
  const done = await screen.heard();
  expect(new Set([right, wrong, done].map(String)).size, 'three signals').toBe(3);
  expect([right.length, wrong.length, done.length]).toEqual([1, 2, 3]);

  // An Arabic keyboard, with either kind of digits.
  await screen.scan(goods.COFFEE.barcode, { device: 'arabicDigits', suffix: 'Tab' });
  await screen.counted('COFFEE', 1);
  await screen.scan('COFFEE', { device: 'arabic' });
  await screen.counted('COFFEE', 2);
  // One more than was ordered is refused.
  await screen.scan('coffee');
  await screen.scanned('wrong', 'COFFEE is complete already');
  await screen.counted('COFFEE', 2);

  // The same code again within two seconds is held. One press lets it go, one press counts it.
  await screen.scan('DATES', { times: 2 });
  await screen.scanned('held');
  await screen.counted('DATES', 2);
  await screen.button('It was the same piece').click();
  await screen.counted('DATES', 2);
  await screen.scan('dates');
  await screen.counted('DATES', 3);

  // The last piece asks. Nothing is picked before somebody says so.
  await page.getByRole('dialog').waitFor();
  // The end key of a scanner presses no button, whatever has the focus.
  await page.locator('[data-action=pick-yes]:enabled').focus();
  await screen.scan('honey');
  await screen.scanned('wrong', 'HONEY is complete already');
  await page.getByRole('dialog').waitFor();
  expect(await station.recorded(id, 'pick')).toBe(0);
  expect(statusInOto(id)).toBe('assignedToWarehouse');
  await screen.press('pick-yes');
  await screen.orderIs('picked');
  await screen.oto('waiting');
  await screen.status('waiting');
  await screen.oto('has');
  await screen.status('green');
  expect(statusInOto(id)).toBe('picked');
  await screen.press('pack');
  await screen.orderIs('packed');
  await screen.oto('has');
  expect(statusInOto(id)).toBe('packed');
  expect(await page.evaluate('window.harmed')).toBeUndefined();
  expect(screen.errors).toEqual([]);
  await screen.context.close();
});

test('a scan while a field has the focus counts and leaves the field as it was; what a person types stays typed', async () => {
  const id = station.fresh('FIELD');
  await station.orders([id, { DATES: 2 }]);
  const screen = await station.open(sara, { viewport: { width: 1280, height: 800 } });
  await screen.openOrder(id);
  const search = screen.page.getByRole('searchbox');
  await search.pressSequentially('FIE', { delay: 60 });
  await screen.scan(goods.DATES.barcode);
  await screen.counted('DATES', 1);
  expect(await search.inputValue()).toBe('FIE');
  await search.press('Enter');
  await screen.scanned('counted');
  await screen.counted('DATES', 1);
  await screen.context.close();
});

test('twelve of the same, scanned quickly, are one and an offer of eleven more', async () => {
  const id = station.fresh('MANY');
  await station.orders([id, { DATES: 12 }]);
  const screen = await station.open(sara);
  await screen.openOrder(id);
  await screen.scan(goods.DATES.barcode, { times: 12 });
  await screen.scanned('held', '11 scans were not counted');
  await screen.counted('DATES', 1);
  await screen.button('Count it too').click();
  await screen.counted('DATES', 12);
  await screen.status('green');
  await screen.context.close();
});

test('what is undone in time never reaches OTO', async () => {
  const id = station.fresh('UNDO');
  await station.orders([id, { DATES: 1 }]);
  const screen = await station.open(sara);
  await screen.openOrder(id);
  await screen.scan('DATES');
  await screen.press('pick-yes');
  await screen.orderIs('picked');
  await screen.press('undo');
  await screen.orderIs('picking');
  await screen.status('green');
  const told = () =>
    station.site.calls('updatePackingStatus').filter(({ params }) => JSON.stringify(params).includes(id));
  expect(told()).toEqual([]);
  await screen.press('pick');
  await screen.press('pick-yes');
  await screen.oto('has');
  expect(told()).toHaveLength(1);
  await screen.context.close();
});

test('a short pick waits for a supervisor, who lets it go to OTO', async () => {
  const id = station.fresh('SHORT');
  await station.orders([id, { DATES: 2, COFFEE: 1 }]);
  const picker = await station.open(sara);
  await picker.openOrder(id);
  await picker.scan('COFFEE');
  await picker.scan('DATES');
  await picker.counted('DATES', 1);
  await picker.page.locator('li.line[data-sku=DATES]').getByRole('button', { name: 'Short', exact: true }).click();
  await picker.page.getByRole('radio', { name: 'Damaged' }).check();
  await picker.button('Record as short').click();
  await picker.press('pick-yes');
  await picker.orderIs('short');
  expect(await picker.page.locator('[data-action=approve]').count()).toBe(0);
  expect(statusInOto(id)).toBe('assignedToWarehouse');

  const supervisor = await station.open(huda);
  await supervisor.page.getByRole('link', { name: /Supervisor/ }).click();
  const waiting = supervisor.page.locator(`li.row[data-order=${id}]`);
  await waiting.getByText(/^\W?1\W? of \W?2\W?$/).waitFor();
  await waiting.getByText(/Short: .*Damaged.* \(.*Sara.*\)/).waitFor();
  await waiting.locator('[data-action=approve]').click();
  await supervisor.press('yes');
  await picker.oto('has');
  await picker.orderIs('picked');
  expect(statusInOto(id)).toBe('picked');
  await Promise.all([picker.context.close(), supervisor.context.close()]);
});

test('two pickers on one order: one works, the other sees who; what the other did offline is refused and overwrites nothing', async () => {
  const id = station.fresh('TWO');
  await station.orders([id, { DATES: 2 }]);
  const [first, second] = [await station.open(sara), await station.open(omar)];
  await second.openOrder(id);
  await second.context.setOffline(true);
  await second.scan('DATES');
  await second.counted('DATES', 1);
  await first.openOrder(id);
  await first.press('claim');
  await first.scan('DATES');
  await first.counted('DATES', 1);
  await first.status('green');

  await second.context.setOffline(false);
  await second.page.getByRole('link', { name: 'Look' }).first().click();
  await expect.poll(() => second.page.locator('[data-conflict]').count(), { timeout: 15_000 }).toBe(2);
  await second.page.locator('[data-conflict=claimed]').first().waitFor();
  for (let left = 2; left > 0; left -= 1) await second.button('Understood').first().click();
  await second.go(`orders/${id}`);
  await second.text('Sara has worked on this order').waitFor();
  await second.counted('DATES', 1);
  await second.scan('DATES');
  await second.scanned('wrong', 'Sara works on this order');
  await first.counted('DATES', 1);
  await Promise.all([first.context.close(), second.context.close()]);
});

test('a double press has one effect', async () => {
  const id = station.fresh('DOUBLE');
  await station.orders([id, { DATES: 1 }]);
  const screen = await station.open(sara);
  await screen.openOrder(id);
  await screen.page.locator('[data-action=claim]').dblclick();
  await screen.scan('DATES');
  await screen.page.locator('[data-action=pick-yes]').dblclick({ delay: 60 });
  await screen.oto('has');
  await screen.orderIs('picked');
  await screen.status('green');
  expect(statusInOto(id)).toBe('picked');
  expect(await Promise.all(['claim', 'pick', 'pack'].map((type) => station.recorded(id, type)))).toEqual([1, 1, 0]);
  await screen.context.close();
});

import { expect, test } from 'vitest';
import { endStaffSessions } from '../../src/engine/staff.ts';
import type { Screen } from './screen.ts';
import { openStation, people } from './station.ts';

const station = openStation();
const { sara, omar } = people;
const statusInOto = (id: string) => station.site.simulator.state.orders.get(id)?.status;

/** Counts a line by its plus button, which needs no pause between two of the same. */
async function count(screen: Screen, sku: string, times: number): Promise<void> {
  for (let time = 0; time < times; time += 1) {
    await screen.button(`One more ${sku}`).click();
  }
}

test('ten actions without a network wait in amber, survive a reload without a server, and are sent once when it is back', async () => {
  const id = station.fresh('OFF');
  await station.orders([id, { DATES: 9, COFFEE: 2 }]);
  const screen = await station.open(sara);
  await screen.openOrder(id);
  await screen.status('green');
  // The page is kept for a start without the network from its second load on.
  await screen.page.evaluate('navigator.serviceWorker.ready');
  await screen.page.reload();
  await screen.orderIs('ready');
  // What it knows is written down a moment after it came.
  await expect.poll(() => screen.remembered('orders RUH1'), { timeout: 15_000 }).toMatch(id);
  await screen.context.setOffline(true);
  await count(screen, 'DATES', 8);
  await screen.scan('COFFEE');
  await screen.counted('COFFEE', 1);
  await screen.status('offline');
  await screen.note('unsent', '10 actions wait on this device').waitFor();
  await screen.oto('unsent');
  expect(await screen.page.locator('[data-action=pick]:enabled').count()).toBe(0);

  await screen.page.reload();
  await screen.note('unsent', '10 actions wait on this device').waitFor();
  await screen.status('offline');
  await screen.text('Shown as of').waitFor();
  await screen.counted('DATES', 8);

  await screen.context.setOffline(false);
  await screen.status('green');
  await screen.counted('DATES', 8);
  await screen.counted('COFFEE', 1);
  expect(await station.recorded(id, 'scan')).toBe(9);
  await count(screen, 'DATES', 1);
  await screen.button('One more COFFEE').click();
  await screen.press('pick-yes');
  await screen.oto('has');
  expect(screen.errors).toEqual([]);
  await screen.context.close();
});

test('a restart of the server in mid-shift loses nothing and asks nobody to sign in again', async () => {
  const id = station.fresh('RESTART');
  await station.orders([id, { DATES: 3 }]);
  const screen = await station.open(sara);
  await screen.openOrder(id);
  await screen.scan('DATES');
  await screen.status('green');
  await station.stop();
  await screen.status('offline');
  await count(screen, 'DATES', 2);
  await screen.counted('DATES', 3);
  await screen.page
    .getByRole('dialog')
    .getByRole('button', { name: 'Mark as picked' })
    .and(screen.page.locator(':disabled'))
    .waitFor();
  await station.start();
  await screen.status('green');
  expect(await station.recorded(id, 'scan')).toBe(3);
  await screen.press('pick-yes');
  await screen.oto('has');
  expect(statusInOto(id)).toBe('picked');
  await screen.context.close();
});

test('while OTO is down a pick stays amber, and it turns green only when OTO has it', async () => {
  const id = station.fresh('DOWN');
  await station.orders([id, { DATES: 1 }]);
  const screen = await station.open(sara);
  await screen.openOrder(id);
  const outage = station.site.simulator.outage(8);
  await screen.scan('DATES');
  await screen.press('pick-yes');
  await screen.orderIs('picked');
  await screen.oto('waiting');
  await screen.status('waiting');
  await screen.note('oto', '1 order is not in OTO yet').waitFor();
  expect(await screen.page.locator('[data-status=green]').count()).toBe(0);
  await outage;
  await screen.oto('has');
  await screen.status('green');
  expect(statusInOto(id)).toBe('picked');
  await screen.context.close();
});

test('when a session ends, what waits is sent by nobody but the person who did it', async () => {
  const id = station.fresh('MINE');
  await station.orders([id, { DATES: 2 }]);
  const screen = await station.open(sara);
  await screen.openOrder(id);
  await screen.context.setOffline(true);
  await screen.scan('DATES');
  await screen.counted('DATES', 1);
  await endStaffSessions({ db: station.site.db, by: 'test' }, sara.name);
  await screen.context.setOffline(false);
  await screen.page.locator('input[name=pin]').waitFor();
  await screen.signIn(omar);
  await screen.text('2 actions of Sara wait').waitFor();
  await screen.openOrder(id);
  await screen.orderIs('ready');
  await screen.counted('DATES', 0);
  expect(await station.recorded(id, 'scan')).toBe(0);
  await screen.page.getByRole('link', { name: /Settings/ }).click();
  await screen.button('Sign out').click();
  await screen.signIn(sara);
  await screen.go(`orders/${id}`);
  await screen.counted('DATES', 1);
  await screen.status('green');
  expect(await station.recorded(id, 'scan')).toBe(1);
  await screen.context.close();
});

test('two tabs of one device send each action once', async () => {
  const id = station.fresh('TABS');
  await station.orders([id, { DATES: 6 }]);
  const screen = await station.open(sara);
  await screen.openOrder(id);
  await screen.context.setOffline(true);
  await count(screen, 'DATES', 5);
  await screen.counted('DATES', 5);
  const other = await screen.context.newPage();
  await screen.context.setOffline(false);
  await other.goto(`${station.url}#/orders/${id}`);
  await other.locator('li.line[data-sku=DATES][data-counted="5"]').waitFor();
  await screen.status('green');
  await other.locator('[data-status=green]').waitFor();
  expect(await station.recorded(id, 'scan')).toBe(5);
  await screen.context.close();
});

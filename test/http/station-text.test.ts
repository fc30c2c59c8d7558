import { randomUUID } from 'node:crypto';
import { expect, test } from 'vitest';
import { openStation } from './station-harness.ts';

test('text that the database cannot keep is refused as such: a device would send again for ever what is said to have failed here', async () => {
  const station = await openStation();
  await station.orders('SO-1');
  const aisha = await station.person('Aisha');
  await aisha.act('SO-1', 'claim');
  const paths = ['orders?q=%00', 'orders?after=a%00', 'orders?location=%00', 'orders/%00', 'events?after=%00'];
  for (const path of paths) {
    const { status, body } = await aisha.browser.ask('GET', `/station/api/${path}`);
    expect([status, body.error?.code], path).toEqual([400, 'HTTP_REQUEST_INVALID']);
  }
  const short = { type: 'short', order: 'SO-1', sku: 'A', reason: 'other' };
  const actions = [
    { type: 'claim', order: '\u0000' },
    { type: 'claim', order: 'SO-1\ud800' },
    { type: 'scan', order: 'SO-1', sku: 'A\u0000', quantity: 1 },
    { ...short, note: 'a\u0000b' },
    { ...short, note: 'a\ud83d' },
  ];
  for (const action of actions) {
    const { status } = await aisha.acts([{ id: randomUUID(), at: new Date().toISOString(), ...action }]);
    expect(status, JSON.stringify(action)).toBe(400);
  }
  // Everything else may stand in a note.
  const note = '<script>alert(1)</script> \u202e٣ \n "\'; drop table staff; -- 📦';
  const { items } = (await aisha.act('SO-1', { ...short, note } as never)).order ?? { items: [] };
  expect(items.find(({ sku }) => sku === 'A')?.short).toMatchObject({ reason: 'other', note });
});

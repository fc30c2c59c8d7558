import { expect, test } from 'vitest';
import { hrefOf, parseRoute } from '../../src/web/route.ts';

test.each(['SO-1001', 'A/B', 'طلب 7', '100%', '#1?x=2'])('the address of order %s leads back to it', (id) => {
  expect(parseRoute(hrefOf.order(id))).toEqual({ screen: 'orders', order: id });
});

test('an address that is none leads to the list', () => {
  for (const hash of ['', '#', '#/', '#/nothing', '#/orders/', '#/orders/%E0%A4%A'])
    expect(parseRoute(hash)).toEqual({ screen: 'orders', order: null });
  expect(parseRoute('#/trouble')).toEqual({ screen: 'trouble' });
});

import { describe, expect, it } from 'vitest';
import { place, type World } from './fake/world.ts';
import { packed, type Site, site, versions, written } from './harness.ts';

const stateOf = (one: Site, id: number) => one.world.server.tables.get('stock.picking', id)?.state;
const notes = (one: Site) => one.world.server.tables.all('mail.message').map(({ body }) => String(body));
const message = async (work: Promise<unknown>) =>
  String(((await work.catch((error: unknown) => error)) as Error).message);

/** An order of two of A, of which five lie there. */
function order(world: World, there: number | string = 5): void {
  world.product(1, 'A');
  world.odoo.lay(1, place.stock, there);
  world.order('S00012', [[1, '2']], { id: 700 });
}

describe.each(versions)('a packed order in Odoo %i', (version) => {
  it('has its transfer validated, with a note of who did it', async () => {
    const one = await site(version, order);
    expect(await one.apply({ ...packed, by: 'نورة' })).toEqual({ outcome: 'done', reference: 'MAIN/OUT/S00012' });
    expect(stateOf(one, 700)).toBe('done');
    expect(one.world.onHand(1)).toBe(3);
    expect(notes(one)).toEqual([
      '<p>OTO: order S00012 packed by نورة at 2026-11-20T05:15:00Z [oto-bridge/kit/71@2026-11-20T05:15:00Z]</p>',
    ]);
    // It is a sale: nothing of it is a document.
    expect((await one.documents()).values).toEqual([]);
  });

  it('validated already, it is only noted, and a repeat does nothing', async () => {
    const one = await site(version, order);
    await one.apply({ ...packed, id: '70' });
    expect((await one.apply(packed)).outcome).toBe('done');
    expect((await one.apply(packed)).outcome).toBe('already-done');
    expect(one.world.onHand(1)).toBe(3);
    expect(notes(one)).toHaveLength(2);
    // The key of one operation is not found in that of another.
    expect((await one.apply({ ...packed, id: '7' })).outcome).toBe('done');
    expect((await one.apply({ ...packed, id: '7_' })).outcome).toBe('done');
  });

  it('picked, it is noted and not validated', async () => {
    const one = await site(version, order);
    await one.apply({ ...packed, status: 'picked' });
    expect(stateOf(one, 700)).toBe('confirmed');
    expect(notes(one)).toHaveLength(1);
  });

  it('all steps of a delivery, the last one last', async () => {
    const one = await site(version, (world) => {
      order(world);
      world.shelf(35, 'MAIN/Output', place.view);
      Object.assign(world.server.tables.get('stock.picking', 700) ?? {}, { state: 'waiting', after: 701 });
      for (const move of world.server.tables.all('stock.move')) move.location_id = 35;
      world.order('S00012', [[1, '2']], { id: 701, name: 'MAIN/PICK/1', to: 35, picking_type_id: place.view * 10 + 2 });
    });
    expect(await one.apply(packed)).toEqual({ outcome: 'done', reference: 'MAIN/OUT/S00012' });
    expect([stateOf(one, 701), stateOf(one, 700)]).toEqual(['done', 'done']);
    expect(one.world.onHand(1)).toBe(3);
  });

  it.each([
    ['refuse', 'confirmed|assigned', 1, 0],
    ['backorder', 'done', 0, 1],
    ['drop', 'done', 0, 0],
    ['force', 'done', -1, 0],
  ])('with too little in stock, %s: state %s, %i left, %i backorders', async (shortage, state, left, backorders) => {
    const one = await site(version, (world) => order(world, 1), { packing: { shortage } });
    const answer = one.apply(packed);
    if (shortage === 'refuse') {
      expect(await message(answer)).toContain('too little in stock for MAIN/OUT/S00012 (Product A: 1 of 2)');
      expect(notes(one)).toEqual([]);
    } else expect((await answer).outcome).toBe('done');
    expect(stateOf(one, 700)).toMatch(new RegExp(state));
    expect(one.world.onHand(1)).toBe(left);
    const rest = one.world.server.tables.all('stock.picking').filter(({ backorder_id }) => backorder_id === 700);
    expect(rest.map((picking) => picking.state)).toEqual(backorders === 1 ? ['confirmed'] : []);
  });

  it('a dialog that nobody can answer is no success, though Odoo says 200', async () => {
    const one = await site(version, order);
    one.world.odoo.dialog = {
      name: 'Confirm Expiry',
      type: 'ir.actions.act_window',
      res_model: 'expiry.picking.confirmation',
      context: {},
    };
    expect(await message(one.apply(packed))).toBe(
      'Odoo asks a person before it validates MAIN/OUT/S00012: Confirm Expiry (expiry.picking.confirmation). Nothing was validated.',
    );
    expect(notes(one)).toEqual([]);
  });

  it('what Odoo refuses is told in its own words', async () => {
    const one = await site(version, order);
    const refusal = 'You need to supply a Lot/Serial Number for product:\nA';
    one.world.odoo.refusal = refusal;
    expect(await message(one.apply(packed))).toBe(
      'Odoo refuses stock.picking/button_validate: You need to supply a Lot/Serial Number for product: A',
    );
  });

  it('an order that Odoo does not have in that warehouse', async () => {
    const one = await site(version, (world) => {
      order(world);
      world.warehouse('JED', 30);
    });
    const none = (order: string, at: string) =>
      `Odoo has no transfer of warehouse "${at}" with the source document or number "${order}".`;
    expect(await message(one.apply({ ...packed, orderId: 'S00099' }))).toBe(none('S00099', 'MAIN'));
    expect(await message(one.apply({ ...packed, location: 'JED' }))).toBe(none('S00012', 'JED'));
  });
});

describe.each(versions)('figures of OTO in Odoo %i', (version) => {
  it('are booked as a count that carries our key, and do not come back as documents', async () => {
    const one = await site(version, (world) => {
      world.shelf(33, 'MAIN/Stock/Shelf 1', place.view);
      for (const [id, sku] of [
        [1, 'A'],
        [2, 'B'],
        [3, 'C'],
      ] as const)
        world.product(id, sku);
      world.odoo.lay(1, place.stock, '10');
      world.odoo.lay(1, 33, '2');
      world.odoo.lay(2, place.stock, '4');
      world.odoo.lay(3, place.stock, '5');
    });
    expect((await one.apply(written({ A: '7', B: '9.5', C: '5' }))).outcome).toBe('done');
    expect((await one.stock()).figures).toEqual({ 'A MAIN': '7', 'B MAIN': '9.5', 'C MAIN': '5' });
    const moves = one.world.server.tables.all('stock.move').filter(({ state }) => state === 'done');
    expect(moves.map(({ reference }) => reference)).toEqual(
      [1, 2].map(() => expect.stringContaining('oto-bridge/kit/81@2026-11-20T05:15:00Z')),
    );
    expect((await one.documents()).values).toEqual([]);
  });

  it('written again after a lost answer, they do not undo what was booked since', async () => {
    const one = await site(version, (world) => {
      world.product(1, 'A');
      world.product(2, 'B');
      world.odoo.lay(1, place.stock, '10');
    });
    await one.apply(written({ A: '7', B: '3' }));
    one.world.odoo.lay(1, place.stock, -2);
    expect((await one.apply(written({ A: '7', B: '3' }))).outcome).toBe('already-done');
    expect(one.world.onHand(1)).toBe(5);
  });

  it('of which some cannot be written: the others are, and it says which', async () => {
    const one = await site(version, (world) => {
      world.product(1, 'A');
      world.product(2, 'LOTS', { tracking: 'lot' });
      world.product(3, 'X');
      world.product(4, 'X');
    });
    expect(await message(one.apply(written({ A: '7', LOTS: '1', X: '2', NEW: '3' })))).toBe(
      '3 of 4 figures cannot be written to Odoo, the others were: "LOTS" is tracked by lots or serial numbers, and OTO\'s figure does not say of which',
    );
    expect(one.world.onHand(1)).toBe(7);
  });
});

it('a count that Odoo does not take, since goods moved meanwhile, is tried again', async () => {
  const one = await site(19, (world) => world.product(1, 'A'));
  one.world.odoo.conflict = true;
  const error = await one.apply(written({ A: '7' })).catch((thrown: unknown) => thrown);
  expect(error).toMatchObject({
    code: 'CONNECTOR_WRITE',
    recovery: 'retry',
    message: expect.stringContaining('stock.inventory.conflict'),
  });
  expect(one.world.onHand(1)).toBe(0);
  expect((await one.apply(written({ A: '7' }))).outcome).toBe('done');
  expect(one.world.onHand(1)).toBe(7);
});

describe.each(versions)('notes in Odoo %i', (version) => {
  const note = { name: 'note-document', id: '91', reference: 'GRN-1-3FA9C1', text: 'Received.' } as const;
  it('stand on the transfer or the scrap order that a document was', async () => {
    const one = await site(version, (world) => {
      world.product(1, 'A');
      world.transfer([[1, '3']], place.vendors, place.stock, { id: 500 });
      const scrapped = version === 19 ? { scrap_id: 61 } : { scrapped: true };
      const line = world.odoo.book({
        product: 1,
        from: place.stock,
        to: place.scrap,
        quantity: '1',
        values: { ...scrapped, reference: 'SP/00001' },
      });
      world.odoo.add('stock.scrap', { id: 61, name: 'SP/00001', move_id: line.move_id, move_ids: [line.move_id] });
    });
    const [receipt, scrap] = (await one.documents()).values;
    expect(await one.apply({ ...note, documentId: receipt?.id ?? '' })).toEqual({
      outcome: 'done',
      reference: 'MAIN/IN/00500',
    });
    expect(await one.apply({ ...note, documentId: scrap?.id ?? '' })).toEqual({
      outcome: 'done',
      reference: 'SP/00001',
    });
    expect(one.world.server.tables.all('mail.message').map(({ model, res_id }) => [model, res_id])).toEqual([
      ['stock.picking', 500],
      ['stock.scrap', 61],
    ]);
    expect(notes(one)[0]).toBe('<p>Received. OTO: GRN-1-3FA9C1 [oto-bridge/kit/91@GRN-1-3FA9C1]</p>');
    expect(await message(one.apply({ ...note, documentId: 'stock.picking,99999' }))).toContain('Odoo has no document');
  });
});

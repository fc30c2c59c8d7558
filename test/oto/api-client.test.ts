import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { type CallName, type OutcomeEvent, otoApi } from '../../src/oto/index.ts';
import { documented, documentedNames } from './examples/index.ts';
import { type Handler, json, type Opened, openOto } from './server.ts';
import { spoiltAnswer } from './spoilt.ts';

const names = documentedNames.filter((name): name is CallName => name !== 'refreshToken');
const call = (client: Opened['client'], name: CallName) => client.call(name, documented[name].requests[0] as never);

describe('every endpoint over HTTP', () => {
  test('is asked by its method and path, and its documented answer is taken', async () => {
    let answer: unknown;
    await using oto = await openOto((_received, response) => json(response, 200, answer));
    const { client, asked } = oto;
    for (const [at, name] of names.entries()) {
      answer = documented[name].answers[0];
      expect(await call(client, name), name).toMatchObject({ kind: 'ok' });
      const { method, path } = documented[name];
      const filled = path.replace('{orderId}', String(documented[name].requests[0].orderId));
      expect(asked()[at], name).toMatchObject({ method, path: `/rest/v2${filled}` });
    }
    expect(asked()).toHaveLength(names.length);
  });

  test('sends the documented parameters: in the body, the query or the path', async () => {
    await using oto = await openOto((_received, response) => json(response, 200, { success: true }));
    const { client, asked } = oto;
    for (const name of ['print', 'deleteWebhook', 'putWebhook', 'holdOrder', 'dcList'] as const)
      await call(client, name);
    await client.call('print', { orderId: 'a/b ?أ', printReverseShipment: true });
    const [print, remove, put, hold, list, other] = asked();
    expect([print?.body, String(print?.query)]).toEqual([undefined, '']);
    expect([remove?.body, String(remove?.query)]).toEqual([undefined, 'id=59']);
    expect([put?.body, String(put?.query)]).toEqual([documented.putWebhook.requests[0], '']);
    expect(hold?.body).toEqual(documented.holdOrder.requests[0]);
    expect(list?.body).toEqual({});
    expect(other?.path).toBe(`/rest/v2/print/${encodeURIComponent('a/b ?أ')}`);
    expect(String(other?.query)).toBe('printReverseShipment=true');
  });
});

describe('every write', () => {
  const writes = names.filter((name) => otoApi[name].effect === 'write');
  const endings: [title: string, kind: string, handler: Handler][] = [
    ['a connection that breaks', 'unknown', ({ socket }) => void socket.destroy()],
    ['a server that fails', 'unknown', (_received, response) => json(response, 500, { message: 'x', code: 500 })],
    ['a page in place of an answer', 'unknown', (_received, response) => void response.end('<html></html>')],
    [
      'a database error',
      'unknown',
      (_received, response) => json(response, 400, { success: false, otoErrorCode: 'OTO1015' }),
    ],
    [
      'an order that is being processed',
      'not-taken',
      (_received, response) => json(response, 400, { success: false, otoErrorCode: 'OTO1211' }),
    ],
    [
      'a plan that lacks it',
      'paused',
      (_received, response) => json(response, 400, { success: false, otoErrorCode: 'OTO1150' }),
    ],
    [
      'a refusal about a quantity',
      'refused',
      (_received, response) => json(response, 400, { success: false, errorCode: 7, errorMsg: 'wrong quantity' }),
    ],
  ];
  /** With quantities under `qty` a refusal is answered with the other form of the number, once: nothing was taken. */
  const otherForm = new Set<CallName>(['updateStockQuantity', 'createInventoryOrder']);

  test.each(endings)('after %s is %s, and was sent once', async (title, kind, handler) => {
    await using oto = await openOto(handler);
    const { client, asked } = oto;
    const outcomes = await Promise.all(writes.map(async (name) => [name, (await call(client, name)).kind]));
    expect(outcomes).toEqual(writes.map((name) => [name, kind]));
    const twice = title.includes('quantity') ? otherForm.size : 0;
    expect(asked()).toHaveLength(writes.length + twice);
  });

  test('there are as many as the pages name', () => {
    expect(writes).toHaveLength(27);
  });
});

describe('an answer that holds secrets', () => {
  test('reaches the caller and no listener or log, also when it cannot be read', async () => {
    let answer: unknown;
    await using oto = await openOto((_received, response) => json(response, 200, answer));
    const { client, text } = oto;
    const events: OutcomeEvent[] = [];
    client.onOutcome((event) => events.push(event));
    const secretKey = 'the-key-of-the-signature';
    answer = { success: true, webhooks: [{ id: 1, secretKey }] };
    expect(await client.call('getWebhook', {})).toMatchObject({ kind: 'ok', data: { webhooks: [{ secretKey }] } });
    answer = { success: true, webhooks: secretKey };
    expect(await client.call('getWebhook', {})).toMatchObject({ kind: 'unknown' });
    answer = { success: true, refreshToken: secretKey, errorMsg: secretKey };
    const vendor = { email: 'a@example.com', mobileNumber: '1', fullName: 'x' };
    expect(await client.call('register', vendor)).toMatchObject({ kind: 'unknown' });
    expect(JSON.stringify(events)).not.toContain(secretKey);
    expect(text.join()).not.toContain(secretKey);
    expect(events.filter(({ endpoint }) => endpoint !== 'refreshToken')).toHaveLength(3);
  });
});

describe('whatever comes over HTTP in place of an answer', () => {
  const huge = `{"success":true,"x":"${'ض'.repeat(1_000_000)}"}`;
  const bytes = fc.oneof(
    { weight: 6, arbitrary: spoiltAnswer.map(({ name, sent }) => ({ name, body: Buffer.from(sent, 'utf8') })) },
    spoiltAnswer.map(({ name, sent }) => ({ name, body: Buffer.from(sent, 'latin1') })),
    spoiltAnswer.map(({ name, sent }) => ({ name, body: Buffer.from(sent, 'utf16le') })),
    fc
      .tuple(fc.constantFrom(...documentedNames), fc.uint8Array())
      .map(([name, any]) => ({ name, body: Buffer.from(any) })),
  );
  const type = fc.constantFrom(
    'application/json',
    'text/plain;charset=iso-8859-1',
    'text/html',
    'application/json; charset=windows-1256',
  );
  const status = fc.constantFrom(200, 200, 200, 400, 404, 409, 500);

  test('is a typed outcome, and the next call is answered as ever', async () => {
    let reply: { body: Buffer; type: string; status: number } = { body: Buffer.alloc(0), type: '', status: 200 };
    await using oto = await openOto((_received, response) => {
      response.writeHead(reply.status, { 'content-type': reply.type }).end(reply.body);
    });
    const kinds = new Set<string>();
    const asks = async (name: CallName) => {
      const { kind } = await call(oto.client, name);
      expect(['ok', 'refused', 'not-taken', 'paused', 'unknown']).toContain(kind);
      kinds.add(kind);
    };
    await fc.assert(
      fc.asyncProperty(bytes, type, status, async ({ name, body }, contentType, code) => {
        if (name === 'refreshToken') return;
        reply = { body, type: contentType, status: code };
        await asks(name);
      }),
      { numRuns: 500 },
    );
    reply = { body: Buffer.from(huge), type: 'application/json', status: 200 };
    await asks('holdOrder');
    expect([...kinds].sort()).toEqual(expect.arrayContaining(['ok', 'refused', 'unknown']));
    reply = { body: Buffer.from('{"success":true}'), type: 'application/json', status: 200 };
    expect((await call(oto.client, 'holdOrder')).kind).toBe('ok');
  });
});

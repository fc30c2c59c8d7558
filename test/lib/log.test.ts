import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { BridgeError, errorTable } from '../../src/lib/errors.ts';
import { apart, createLogger, within } from '../../src/lib/log.ts';
import { secretForms } from '../../src/lib/redact.ts';

function capture(secrets: readonly string[], pretty = false) {
  const lines: string[] = [];
  const destination = { write: (line: string) => void lines.push(line) };
  return { log: createLogger({ level: 'trace', secrets: () => secrets, destination, pretty }), lines };
}

const secretText = fc
  .string({ unit: 'binary', minLength: 8, maxLength: 40 })
  .filter((text) => text.trim().length >= 8 && text.isWellFormed());

describe('the logger', () => {
  it('lets no secret through, in whatever form or field it comes', () => {
    fc.assert(
      fc.property(secretText, secretText, (secret, user) => {
        const { log, lines } = capture([secret]);
        log.info(
          { a: { b: [secret] }, [secret]: 1, url: `https://x.test/?t=${encodeURIComponent(secret)}` },
          `text ${secret} text`,
        );
        log.error({
          err: new Error(`failed with ${secret}`, { cause: new Error(secret) }),
          body: JSON.stringify({ secret }),
        });
        log.warn({ head: `basic ${Buffer.from(`${user}:${secret}`).toString('base64')}` });
        log.warn({
          twice: JSON.stringify({ inner: JSON.stringify({ secret }) }),
          query: new URLSearchParams({ secret }).toString(),
        });
        const output = lines.join('');
        const texts = lines.flatMap((line) => strings(JSON.parse(line)));
        expect(texts.filter((text) => text.includes(secret))).toEqual([]);
        expect(output).not.toContain(encodeURIComponent(secret));
        expect(output).not.toContain(JSON.stringify(secret).slice(1, -1));
        expect(texts.filter((text) => Buffer.from(text.slice(6), 'base64').toString().includes(secret))).toEqual([]);
        expect(lines).toHaveLength(4);
      }),
      { numRuns: 200 },
    );
  });

  it('hides the password of a database address, also when only that turns up', () => {
    const { log, lines } = capture(['postgres://bridge:p%40ss-word@db.test:5432/x']);
    log.error('login failed with p@ss-word, also known as p%40ss-word');
    log.error('connecting to postgres://other:unknownpass@elsewhere.test/y');
    expect(lines.join('')).not.toMatch(/p@ss-word|p%40ss-word|unknownpass/);
    expect(lines.join('')).toContain('postgres://other:[secret]@elsewhere.test/y');
  });

  it('hides authorization headers that nobody declared a secret', () => {
    const { log, lines } = capture([]);
    log.info({ headers: { Authorization: 'Basic dXNlcjpwYXNz', cookie: 'sid=12345' }, raw: ['Bearer abc.def.ghi123'] });
    log.info('sent authorization: Basic dXNlcjpwYXNz');
    expect(lines.join('')).not.toMatch(/dXNlcjpwYXNz|12345|abc\.def/);
  });

  it('hides a token that was renewed after the logger was made', () => {
    const secrets = ['first-token'];
    const { log, lines } = capture(secrets);
    log.info('first-token');
    secrets.push('second-token');
    log.info('second-token');
    expect(lines.join('')).not.toMatch(/first-token|second-token/);
  });

  it('keeps a line with a secret number valid JSON', () => {
    const { log, lines } = capture(['123456789']);
    log.info({ n: 123456789 }, 'count');
    expect(JSON.parse(lines[0] ?? '')).toMatchObject({ n: '[secret]', msg: 'count' });
  });

  it('leaves ordinary lines alone and gives code and stack of an error', () => {
    const { log, lines } = capture(['some-secret']);
    const { X_CODE } = errorTable({ X_CODE: ['retry', 'x'] });
    log.error({ err: new BridgeError(X_CODE, { message: 'it broke' }), flow: 'stock' }, 'run failed');
    expect(JSON.parse(lines[0] ?? '')).toMatchObject({
      level: 50,
      flow: 'stock',
      msg: 'run failed',
      err: { code: 'X_CODE', message: 'it broke' },
    });
  });

  it('writes short lines for a person, without secrets too', () => {
    const { log, lines } = capture(['some-secret'], true);
    log.warn({ flow: 'stock', token: 'some-secret' }, 'slow');
    expect(lines[0]).toMatch(/^\d\d:\d\d:\d\d WARN {2}slow flow=stock token=\[secret\]\n$/);
  });
});

describe('the course in which a line is written', () => {
  it('names it in every line, however deep and late, and in no other', async () => {
    const { log, lines } = capture([]);
    const line = (text: string) => JSON.parse(lines.find((one) => one.includes(`"${text}"`)) ?? '{}') as object;
    const one = async (run: number) => {
      log.info(`begin ${run}`);
      await Promise.resolve();
      await within({ operation: run * 10 }, async () => {
        await Promise.resolve();
        log.info({ run: 'own' }, `inner ${run}`);
        apart(() => log.info(`apart ${run}`));
      });
      log.child({ source: 'erp' }).info(`end ${run}`);
    };
    await Promise.all([1, 2].map((run) => within({ run, source: 'sap' }, () => one(run))));
    log.info('outside');
    for (const run of [1, 2]) {
      expect(line(`begin ${run}`)).toMatchObject({ run, source: 'sap' });
      expect(line(`inner ${run}`)).toMatchObject({ run: 'own', source: 'sap', operation: run * 10 });
      expect(line(`apart ${run}`)).not.toHaveProperty('run');
      expect(line(`end ${run}`)).toMatchObject({ run, source: 'erp' });
      expect(line(`end ${run}`)).not.toHaveProperty('operation');
    }
    expect(Object.keys(line('outside'))).toEqual(['level', 'time', 'msg']);
    // No key twice, which readers of logs take in different ways.
    for (const text of lines) expect(text.match(/"source":/g)?.length ?? 0).toBeLessThan(2);
  });
});

describe('a secret address', () => {
  it('hides the tokens in its path and query, and leaves words alone', () => {
    const forms = secretForms(
      'https://user:pa%20ss@hooks.test/services/T012AB34/B99/deliver?key=q7-long-token-551&wait=true',
    );
    expect(forms).toEqual(expect.arrayContaining(['pa ss', 'pa%20ss', 'T012AB34', 'q7-long-token-551']));
    expect(forms).not.toContain('services');
    expect(forms).not.toContain('deliver');
    const { log, lines } = capture(['https://hooks.test/services/T012AB34/B99/aFq7hx81kd0pzz']);
    log.warn('POST /services/T012AB34/B99/aFq7hx81kd0pzz failed, services are down');
    expect(lines[0]).toContain('POST [secret] failed, services are down');
  });
});

function strings(value: unknown): string[] {
  if (typeof value === 'string') return [value];
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value).flatMap(([key, item]) => [key, ...strings(item)]);
}

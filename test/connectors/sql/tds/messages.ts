import { codingOf, collation, longText, nullOf, type SqlType, shortText, u8, u16, u32, u64 } from './values.ts';

/** The tokens of a server's answer, and what a client asks (MS-TDS 2.2.6 and 2.2.7). */

export interface Column {
  readonly name: string;
  readonly type: SqlType;
}

export const columnMetadata = (columns: readonly Column[]) =>
  Buffer.concat([
    u8(0x81),
    u16(columns.length),
    ...columns.flatMap(({ name, type }) => [u32(0), u16(0x0001), codingOf(type).info, shortText(name)]),
  ]);

export const row = (columns: readonly Column[], values: readonly (string | null)[]) =>
  Buffer.concat([
    u8(0xd1),
    ...columns.map(({ type }, at) => {
      const value = values[at] ?? null;
      return value === null ? nullOf(type) : codingOf(type).encode(value);
    }),
  ]);

export const doneStatus = { more: 0x01, error: 0x02, count: 0x10, attention: 0x20 } as const;

/** 0xfd: of a batch; 0xff: of a statement within a procedure; 0xfe: of a procedure. */
export const done = (token: 0xfd | 0xfe | 0xff, status: number, count = 0) =>
  Buffer.concat([u8(token), u16(status), u16(0), u64(BigInt(count))]);

export function errorToken(number: number, message: string): Buffer {
  const body = Buffer.concat([u32(number), u8(1, 16), longText(message), shortText('double'), shortText(''), u32(1)]);
  return Buffer.concat([u8(0xaa), u16(body.length), body]);
}

const change = (type: number, body: Buffer) => Buffer.concat([u8(0xe3), u16(body.length + 1), u8(type), body]);
/** Of a transaction: 8 begun, 9 committed, 10 rolled back. */
export const transactionChange = (type: 8 | 9 | 10) => {
  const id = u64(7n);
  return change(type, type === 8 ? Buffer.concat([u8(8), id, u8(0)]) : Buffer.concat([u8(0), u8(8), id]));
};

export function loginAnswer(database: string): Buffer {
  const ack = Buffer.concat([u8(1), Buffer.from('74000004', 'hex'), shortText('Double'), u8(16, 0, 0, 0)]);
  return Buffer.concat([
    change(1, Buffer.concat([shortText(database), shortText('')])),
    change(7, Buffer.concat([u8(5), collation, u8(0)])),
    u8(0xad),
    u16(ack.length),
    ack,
    done(0xfd, 0),
  ]);
}

/** `encryption`: 1 on, 2 not supported. */
export const preloginAnswer = (encryption: 1 | 2) =>
  Buffer.concat([u8(0, 0, 11, 0, 6, 1, 0, 17, 0, 1, 0xff), u8(16, 0, 0, 0, 0, 0), u8(encryption)]);

export interface Login {
  readonly user: string;
  readonly password: string;
  readonly database: string;
}

export function loginOf(message: Buffer): Login {
  const text = (at: number) => {
    const start = message.readUInt16LE(at);
    return message.subarray(start, start + message.readUInt16LE(at + 2) * 2);
  };
  const password = Buffer.from(text(44)).map((byte) => ((byte ^ 0xa5) >> 4) | (((byte ^ 0xa5) & 0x0f) << 4));
  return {
    user: text(40).toString('utf16le'),
    password: Buffer.from(password).toString('utf16le'),
    database: text(68).toString('utf16le'),
  };
}

export interface Statement {
  readonly sql: string;
  readonly parameters: Readonly<Record<string, string | null>>;
}

/** A call of sp_executesql: the statement, the declaration of its parameters, and the parameters, all of them texts. */
export function callOf(message: Buffer): Statement {
  let at = message.readUInt32LE(0);
  const named = message.readUInt16LE(at) !== 0xffff;
  at += named ? 2 + message.readUInt16LE(at) * 2 + 2 : 6;
  const found: [string, string | null][] = [];
  while (at < message.length) {
    const nameEnd = at + 1 + message.readUInt8(at) * 2;
    const name = message.subarray(at + 2 + 1, nameEnd).toString('utf16le');
    if (message.readUInt8(nameEnd + 1) !== 0xe7) throw new Error(`the parameter @${name} is no nvarchar`);
    const max = message.readUInt16LE(nameEnd + 2) === 0xffff;
    at = nameEnd + 9;
    const parts: Buffer[] = [];
    let missing = false;
    if (max) {
      missing = message.readBigUInt64LE(at) === 0xffff_ffff_ffff_ffffn;
      at += 8;
      for (let size = missing ? 0 : message.readUInt32LE(at); !missing; size = message.readUInt32LE(at)) {
        parts.push(message.subarray(at + 4, at + 4 + size));
        at += 4 + size;
        if (size === 0) break;
      }
    } else {
      const size = message.readUInt16LE(at);
      missing = size === 0xffff;
      at += 2;
      if (!missing) parts.push(message.subarray(at, at + size));
      if (!missing) at += size;
    }
    found.push([name, missing ? null : Buffer.concat(parts).toString('utf16le')]);
  }
  const [[, sql] = ['', ''], , ...rest] = found;
  return { sql: sql ?? '', parameters: Object.fromEntries(rest) };
}

export const batchOf = (message: Buffer): Statement => ({
  sql: message.subarray(message.readUInt32LE(0)).toString('utf16le'),
  parameters: {},
});

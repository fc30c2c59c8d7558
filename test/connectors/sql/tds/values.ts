/** A type of SQL Server, as `sys.dm_exec_describe_first_result_set` names it. */
export type SqlType =
  | 'nvarchar(max)'
  | 'int'
  | 'bigint'
  | 'bit'
  | 'float'
  | 'money'
  | 'date'
  | 'datetime2(7)'
  | 'uniqueidentifier'
  | `decimal(${number},${number})`;

export const u8 = (...values: number[]) => Buffer.from(values);
export const u16 = (value: number) => Buffer.from(Uint16Array.of(value).buffer);
export const u32 = (value: number) => Buffer.from(Uint32Array.of(value).buffer);
export const u64 = (value: bigint) => Buffer.from(BigUint64Array.of(value).buffer);
const wide = (text: string) => Buffer.from(text, 'utf16le');
/** A text behind its length in one byte, or in two. */
export const shortText = (text: string) => Buffer.concat([u8(text.length), wide(text)]);
export const longText = (text: string) => Buffer.concat([u16(text.length), wide(text)]);

/** Latin1_General_CI_AS */
export const collation = Buffer.from('0904d00034', 'hex');

/** The little-endian bytes of a whole number. */
function bytesOf(value: bigint, length: number): Buffer {
  return Buffer.from(value.toString(16).padStart(length * 2, '0'), 'hex').reverse();
}

const fraction = (text: string, scale: number) => {
  const [whole = '0', part = ''] = text.split('.');
  return BigInt(whole + part.padEnd(scale, '0').slice(0, scale));
};

/** The first of January in the year 1, in days before 1970. */
const daysBefore1970 = 719_162;
const dayOf = (text: string) =>
  bytesOf(BigInt(Date.parse(`${text.slice(0, 10)}T00:00:00Z`) / 86_400_000 + daysBefore1970), 3);

interface Coding {
  /** TYPE_INFO of COLMETADATA. */
  readonly info: Buffer;
  readonly encode: (text: string) => Buffer;
}

const fixed = (type: number, length: number, encode: (text: string) => Buffer): Coding => ({
  info: u8(type, length),
  encode: (text) => Buffer.concat([u8(length), encode(text)]),
});

export function codingOf(type: SqlType): Coding {
  const [, precision, scale = '0'] = /^decimal\((\d+),(\d+)\)$/.exec(type) ?? [];
  if (precision !== undefined) {
    return {
      info: u8(0x6a, 17, Number(precision), Number(scale)),
      encode: (text) => {
        const digits = fraction(text, Number(scale));
        const size = digits < 0n ? -digits : digits;
        return Buffer.concat([u8(17, text.startsWith('-') ? 0 : 1), bytesOf(size, 16)]);
      },
    };
  }
  switch (type) {
    case 'int':
      return fixed(0x26, 4, (text) => Buffer.from(Int32Array.of(Number(text)).buffer));
    case 'bigint':
      return fixed(0x26, 8, (text) => Buffer.from(BigInt64Array.of(BigInt(text)).buffer));
    case 'bit':
      return fixed(0x68, 1, (text) => u8(Number(text)));
    case 'float':
      return fixed(0x6d, 8, (text) => Buffer.from(Float64Array.of(Number(text)).buffer));
    case 'money':
      return fixed(0x6e, 8, (text) => {
        const low = Buffer.from(BigInt64Array.of(fraction(text, 4)).buffer);
        return Buffer.concat([low.subarray(4), low.subarray(0, 4)]);
      });
    case 'uniqueidentifier':
      return fixed(0x24, 16, (text) => {
        const bytes = Buffer.from(text.replaceAll('-', ''), 'hex');
        const parts = [bytes.subarray(0, 4).reverse(), bytes.subarray(4, 6).reverse(), bytes.subarray(6, 8).reverse()];
        return Buffer.concat([...parts, bytes.subarray(8)]);
      });
    case 'date':
      return { info: u8(0x28), encode: (text) => Buffer.concat([u8(3), dayOf(text)]) };
    case 'datetime2(7)':
      return {
        info: u8(0x2a, 7),
        encode: (text) => {
          const [hours = 0, minutes = 0, seconds = '0'] = text.slice(11).split(':');
          const ticks =
            BigInt(Number(hours) * 3600 + Number(minutes) * 60) * 10_000_000n + fraction(String(seconds), 7);
          return Buffer.concat([u8(8), bytesOf(ticks, 5), dayOf(text)]);
        },
      };
    default:
      return {
        info: Buffer.concat([u8(0xe7), u16(0xffff), collation]),
        encode: (text) => {
          const bytes = wide(text);
          const chunk = bytes.length === 0 ? Buffer.alloc(0) : Buffer.concat([u32(bytes.length), bytes]);
          return Buffer.concat([u64(BigInt(bytes.length)), chunk, u32(0)]);
        },
      };
  }
}

export function nullOf(type: SqlType): Buffer {
  return type === 'nvarchar(max)' ? u64(0xffff_ffff_ffff_ffffn) : u8(0);
}

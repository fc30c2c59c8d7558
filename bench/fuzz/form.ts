import iconv from 'iconv-lite';
import type { Encoding } from '../../connectors/csv/encodings.ts';
import type { Random } from '../../src/demo/random.ts';

/** How one file is written: everything that is the same for all of its rows. */
export interface Form {
  readonly encoding: Encoding;
  readonly mark: boolean;
  /** What the options say about it. */
  readonly declaredEncoding: Encoding | 'auto';
  readonly unicode: boolean;
  readonly arabic: boolean;
  readonly delimiter: ',' | ';' | '\t' | '|';
  readonly declaredDelimiter: ',' | ';' | '\t' | '|' | 'auto';
  readonly sepLine: boolean;
  readonly quoting: 'needed' | 'always' | 'never';
  readonly lineEnd: '\r\n' | '\n' | '\r' | 'mixed';
  readonly decimal: '.' | ',';
  readonly thousands: 'none' | ',' | '.' | ' ' | "'";
  readonly negatives: 'leading' | 'trailing' | 'parentheses';
  readonly exponents: 'accept' | 'reject';
  readonly titles: number;
  /** After how many rows the header comes again; 0 where it does not. */
  readonly page: number;
  readonly totals: readonly string[];
  /** Share of rows that something is wrong with. */
  readonly damage: number;
  /** Share of rows that are written oddly and are right all the same. */
  readonly oddity: number;
  readonly end: 'whole' | 'no-line-end' | 'cut';
  readonly manifest: boolean;
}

const oneByte: readonly { encoding: Encoding; arabic: boolean }[] = [
  { encoding: 'windows-1256', arabic: true },
  { encoding: 'iso-8859-6', arabic: true },
  { encoding: 'cp720', arabic: true },
  { encoding: 'windows-1252', arabic: false },
  { encoding: 'windows-1254', arabic: false },
  { encoding: 'latin1', arabic: false },
  { encoding: 'iso-8859-15', arabic: false },
];

function encodingOf(random: Random): Pick<Form, 'encoding' | 'mark' | 'declaredEncoding' | 'unicode' | 'arabic'> {
  const kind = random.next();
  if (kind < 0.55) {
    const mark = random.chance(0.3);
    return {
      encoding: 'utf8',
      mark,
      declaredEncoding: random.chance(0.7) ? 'auto' : 'utf8',
      unicode: true,
      arabic: true,
    };
  }
  if (kind < 0.75) {
    const encoding = random.pick(['utf16le', 'utf16be'] as const);
    const mark = random.chance(0.6);
    return { encoding, mark, declaredEncoding: mark ? 'auto' : encoding, unicode: true, arabic: true };
  }
  const { encoding, arabic } = random.pick(oneByte);
  return { encoding, mark: false, declaredEncoding: encoding, unicode: false, arabic };
}

export function formOf(random: Random): Form {
  const quoting = random.pick(['needed', 'needed', 'always', 'never'] as const);
  const decimal = random.pick(['.', '.', ','] as const);
  const thousands = random.pick((['none', 'none', ',', '.', ' ', "'"] as const).filter((one) => one !== decimal));
  // Without quotes the delimiter can stand in no number.
  const delimiter = random.pick(
    ([',', ',', ';', '\t', '|'] as const).filter(
      (one) => quoting !== 'never' || (one !== decimal && one !== thousands),
    ),
  );
  const encoding = encodingOf(random);
  const end = random.pick(['whole', 'whole', 'whole', 'whole', 'no-line-end', 'cut'] as const);
  return {
    ...encoding,
    delimiter,
    declaredDelimiter: random.chance(0.5) ? 'auto' : delimiter,
    sepLine: random.chance(0.1),
    quoting,
    lineEnd: random.pick(['\r\n', '\n', '\r', 'mixed'] as const),
    decimal,
    thousands,
    negatives: random.pick(['leading', 'trailing', 'parentheses'] as const),
    exponents: random.pick(['accept', 'reject'] as const),
    titles: random.chance(0.3) ? random.whole(1, 8) : 0,
    page: random.chance(0.3) ? random.whole(20, 400) : 0,
    totals: random.chance(0.4) ? (encoding.arabic ? ['Total', 'الإجمالي'] : ['Total', 'Grand Total']) : [],
    damage: random.pick([0, 0.002, 0.01]),
    oddity: random.pick([0, 0.05, 0.5]),
    end,
    // A count without a checksum cannot vouch for a last row without its line end.
    manifest: end !== 'cut' && random.chance(0.7),
  };
}

/** Options of an entity that follow from the form. */
export function optionsOf(form: Form): Record<string, unknown> {
  return {
    encoding: form.declaredEncoding,
    delimiter: form.declaredDelimiter,
    ...(form.quoting === 'never' ? { quote: false } : {}),
    decimalSeparator: form.decimal,
    thousandsSeparator: form.thousands,
    negatives: form.negatives,
    exponentNumbers: form.exponents,
    totals: form.totals,
    ready: 'rename',
  };
}

/** Stands in the text for bytes that mean nothing in the file's character set. */
export const badLetter = '\u0001';

/** Whether such bytes exist. */
export function hasBadBytes({ encoding }: Form): boolean {
  return !['windows-1256', 'latin1', 'cp720', 'iso-8859-15'].includes(encoding);
}

function badBytes(encoding: Encoding): { from: Buffer; to: Buffer } {
  switch (encoding) {
    case 'utf8':
      return { from: Buffer.from([1]), to: Buffer.from([0xff]) };
    case 'utf16le':
      return { from: Buffer.from([1, 0]), to: Buffer.from([0, 0xd8]) };
    case 'utf16be':
      return { from: Buffer.from([0, 1]), to: Buffer.from([0xd8, 0]) };
    case 'iso-8859-6':
      return { from: Buffer.from([1]), to: Buffer.from([0xfb]) };
    default:
      return { from: Buffer.from([1]), to: Buffer.from([0x81]) };
  }
}

/** The bytes of a file. */
export function bytesOf(form: Form, text: string): Buffer {
  const { encoding } = form;
  const bytes = encoding === 'utf8' ? Buffer.from(text) : iconv.encode(text, encoding, { addBOM: false });
  if (text.includes(badLetter)) {
    const { from, to } = badBytes(encoding);
    for (let at = bytes.indexOf(from); at >= 0; at = bytes.indexOf(from, at + 1)) {
      // In two-byte text only whole letters count.
      if (from.length === 1 || at % 2 === 0) to.copy(bytes, at);
    }
  }
  if (!form.mark) return bytes;
  const marks = { utf8: [0xef, 0xbb, 0xbf], utf16le: [0xff, 0xfe], utf16be: [0xfe, 0xff] } as const;
  return Buffer.concat([Buffer.from(marks[encoding as keyof typeof marks]), bytes]);
}

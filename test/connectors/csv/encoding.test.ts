import iconv from 'iconv-lite';
import { describe, expect, test } from 'vitest';
import { type Encoding, encodings } from '../../../connectors/csv/encodings.ts';
import { openCsv, put, readAll, rejectsOf, temporaryFolder, valuesOf } from './harness.ts';

async function readStock(content: Buffer, options: Record<string, unknown> = {}) {
  const folder = await temporaryFolder();
  await put(folder, 'stock.csv', content);
  return readAll(await openCsv(folder, { stock: { files: 'stock.csv', ready: 'rename', ...options } }), 'stock');
}

const header = 'sku,location,quantity,name\n';
const arabic = Array.from({ length: 40 }, (_, n) => `صنف-${n},الرياض,${n},قميص قطني أزرق مقاس كبير\n`).join('');
const french = Array.from({ length: 40 }, (_, n) => `réf-${n},Dépôt,${n},Crème brûlée à la vanille\n`).join('');
const turkish = Array.from({ length: 40 }, (_, n) => `şişe-${n},İstanbul,${n},Kırmızı gömlek büyük beden değil\n`).join(
  '',
);

const textOf = (encoding: Encoding) =>
  ['windows-1252', 'latin1', 'iso-8859-15', 'windows-1250', 'cp850', 'cp437'].includes(encoding)
    ? french
    : ['windows-1254', 'iso-8859-9'].includes(encoding)
      ? turkish
      : arabic;

test.each(
  encodings.filter((encoding) => iconv.decode(iconv.encode(textOf(encoding), encoding), encoding) === textOf(encoding)),
)('declared: %s', async (encoding) => {
  const text = header + textOf(encoding);
  const read = await readStock(iconv.encode(text, encoding, { addBOM: false }), { encoding });
  expect(valuesOf(read).map(({ sku, location }) => `${sku},${location}`)).toEqual(
    text
      .split('\n')
      .slice(1, -1)
      .map((line) => line.split(',').slice(0, 2).join(',')),
  );
  expect(read.manifest?.warnings).toEqual([]);
  expect(read.manifest?.description).toBe(encoding === 'utf8' ? 'stock.csv' : `stock.csv (${encoding})`);
});

describe('auto', () => {
  test.each<[string, Encoding, boolean, string]>([
    ['UTF-8', 'utf8', false, arabic],
    ['UTF-8 with a mark', 'utf8', true, arabic],
    ['UTF-16 with a mark', 'utf16le', true, arabic],
    ['UTF-16 with a mark, the other way round', 'utf16be', true, arabic],
    ['UTF-16 without a mark', 'utf16le', false, arabic],
    ['UTF-16 without a mark, the other way round', 'utf16be', false, french],
  ])('%s is certain, and needs no warning', async (_name, encoding, addBOM, text) => {
    const read = await readStock(iconv.encode(header + text, encoding, { addBOM }));
    expect(valuesOf(read)).toHaveLength(40);
    expect(valuesOf(read)[7]).toMatchObject({ sku: text.split('\n')[7]?.split(',')[0], quantity: '7' });
    expect(read.manifest?.warnings).toEqual([]);
  });

  test.each<[Encoding, string]>([
    ['windows-1256', arabic],
    ['iso-8859-6', arabic],
    ['windows-1252', french],
    ['windows-1254', turkish],
  ])('a guess is shown: %s', async (encoding, text) => {
    const read = await readStock(iconv.encode(header + text, encoding));
    expect(valuesOf(read)[0]?.sku).toBe(text.split(',')[0]);
    expect(read.manifest?.warnings).toEqual([expect.stringContaining(`a guess: ${encoding}`)]);
    expect(read.manifest?.description).toBe(`stock.csv (${encoding} by guess)`);
  });

  test.each<[Encoding, string]>([
    ['windows-1256', 'SKU-1,RUH-MAIN,5,قلم أزرق\n'],
    ['windows-1256', 'صنف-1,RUH-MAIN,5,Blue cotton shirt for the men in our main store\n'],
    ['iso-8859-6', 'SKU-1,RUH-MAIN,5,دفتر كبير وقلم\n'],
    ['windows-1252', 'SKU-1,RUH-MAIN,5,Café\n'],
    ['windows-1252', 'SKU-1,RUH-MAIN,5,Größe 5 für Männer\n'],
    ['windows-1254', 'SKU-1,RUH-MAIN,5,Kırmızı gömlek\n'],
    ['windows-1251', 'SKU-1,RUH-MAIN,5,Синяя рубашка\n'],
  ])('few letters among much English are guessed too: %s %s', async (encoding, line) => {
    const text = header + line.repeat(5);
    const read = await readStock(iconv.encode(text, encoding), { columns: { unit: 'name' } });
    expect(valuesOf(read)[0]?.unit).toBe(line.trim().split(',')[3]);
  });

  test('one letter in the last line of a large file decides for all of it', async () => {
    const rows = Array.from({ length: 30_000 }, (_, n) => `S${n},RUH,${n},plain\n`).join('');
    const last = 'رمز,جدة,1,قميص قطني أزرق مقاس كبير للرجال\n';
    const utf8 = await readStock(Buffer.from(header + rows + last));
    expect(valuesOf(utf8).at(-1)).toMatchObject({ sku: 'رمز', location: 'جدة' });
    const other = await readStock(iconv.encode(header + rows + last, 'windows-1256'));
    expect(valuesOf(other).at(-1)).toMatchObject({ sku: 'رمز', location: 'جدة' });
    expect(other.manifest?.warnings).toHaveLength(1);
  });

  test('a few broken letters in UTF-8 cost their rows, and not the character set', async () => {
    const bytes = Buffer.concat([
      Buffer.from(header + arabic),
      Buffer.from('ABC'),
      Buffer.from('صنف').subarray(0, 3),
      Buffer.from(',RUH,1,x\n'),
      Buffer.from('LAST,RUH,2,x\n'),
    ]);
    const read = await readStock(bytes);
    expect(valuesOf(read)).toHaveLength(41);
    expect(rejectsOf(read)).toMatchObject([
      { line: 42, column: 'sku', reason: expect.stringContaining('character set') },
    ]);
    expect(read.manifest?.warnings).toEqual([expect.stringContaining('not UTF-8')]);
  });

  test('a letter across two reads of the file is one letter', async () => {
    const pad = (size: number) => `${'x'.repeat(60)}\n`.repeat(Math.ceil(size / 61)).slice(0, size);
    for (const encoding of ['utf8', 'utf16le', 'utf16be', 'windows-1256'] as const) {
      for (const shift of [0, 1, 2, 3]) {
        const lines = pad(131_072 - 400 - shift)
          .split('\n')
          .map((note, n) => `S${n},RUH,${n},${note}`);
        const text = `${header}${lines.slice(0, 2500).join('\n')}\n${encoding === 'windows-1256' ? arabic : arabic.replaceAll('قميص', '\u{1F455}')}`;
        const read = await readStock(iconv.encode(text, encoding, { addBOM: true }), { encoding });
        expect(rejectsOf(read)).toEqual([]);
        expect(valuesOf(read).at(-1)?.sku).toBe('صنف-39');
      }
    }
  });

  test('what is no text at all is refused', async () => {
    const noise = Buffer.from(Array.from({ length: 4000 }, (_, n) => 128 + ((n * 37) % 128)));
    await expect(readStock(noise)).rejects.toMatchObject({ code: 'CONNECTOR_BAD_SOURCE' });
  });
});

test('a byte order mark is believed before the configuration, and the run says so', async () => {
  const read = await readStock(iconv.encode(header + arabic, 'utf16le', { addBOM: true }), {
    encoding: 'windows-1256',
  });
  expect(valuesOf(read)).toHaveLength(40);
  expect(read.manifest?.warnings).toEqual([expect.stringContaining('utf16le')]);
});

test('bytes that mean nothing in the declared character set reject their row', async () => {
  const bytes = iconv.encode(`${header}A\u0001,RUH,1,x\nB,RUH,2,\u0001\n`, 'windows-1252');
  for (let at = bytes.indexOf(1); at >= 0; at = bytes.indexOf(1)) bytes[at] = 0x81;
  const read = await readStock(bytes, { encoding: 'windows-1252' });
  expect(valuesOf(read).map(({ sku }) => sku)).toEqual(['B']);
  expect(rejectsOf(read)).toMatchObject([{ line: 2, column: 'sku' }]);
});

test('two-byte text that lost a byte is refused: letters would be others from there on', async () => {
  const bytes = iconv.encode(header + arabic, 'utf16le', { addBOM: true });
  await expect(readStock(Buffer.concat([bytes.subarray(0, 201), bytes.subarray(202)]))).rejects.toMatchObject({
    code: 'CONNECTOR_BAD_SOURCE',
    message: expect.stringContaining('a byte was lost'),
  });
});

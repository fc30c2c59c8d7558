import { strToU8, type Zippable, zipSync } from 'fflate';

/** A text (kept apart from the sheet, as Excel does), a number, or a cell as XML says it. */
export type Cell =
  | string
  | number
  | null
  | {
      /** Type: `s`, `n`, `b`, `e`, `str`, `d`, `inlineStr`. */
      readonly t?: string;
      readonly v?: string | undefined;
      /** A formula. */
      readonly f?: string;
      /** What stands in the cell as XML: `<is>…</is>`. */
      readonly xml?: string;
      /** A format code, such as `dd/mm/yyyy`; a number: one that is built in. */
      readonly format?: string | number;
    };

export interface SheetOf {
  readonly name: string;
  readonly rows: readonly (readonly Cell[])[];
  readonly state?: 'hidden' | 'veryHidden';
  /** Rows, counted from 1, that are hidden. */
  readonly hidden?: readonly number[];
  /** XML after the rows, such as merged cells. */
  readonly after?: string;
}

export interface Options {
  readonly from1904?: boolean;
  /** Before every element's name, as some programs write it. */
  readonly prefix?: string;
  /** Entries of the text table as XML, after those of the cells. */
  readonly texts?: readonly string[];
  /** Changes the entries before they are packed. */
  readonly edit?: (parts: Zippable) => void;
}

export const escapeXml = (text: string) =>
  text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('"', '&quot;');
const head = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n';
const main = 'http://schemas.openxmlformats.org/spreadsheetml/2006/main';
const office = 'http://schemas.openxmlformats.org/officeDocument/2006/relationships';
const packages = 'http://schemas.openxmlformats.org/package/2006/relationships';

function letters(column: number): string {
  return column < 26 ? String.fromCharCode(65 + column) : letters(Math.floor(column / 26) - 1) + letters(column % 26);
}

/** A workbook as Excel packs it. */
export function workbook(
  sheets: readonly SheetOf[],
  { from1904, prefix = '', texts = [], edit }: Options = {},
): Buffer {
  const shared: string[] = [];
  const formats: (string | number)[] = [0];
  const styleOf = (format: string | number): number => {
    if (!formats.includes(format)) formats.push(format);
    return formats.indexOf(format);
  };
  const cellXml = (cell: Cell, reference: string): string => {
    if (cell === null) return '';
    if (typeof cell === 'number') return `<c r="${reference}"><v>${cell}</v></c>`;
    if (typeof cell === 'string') {
      return `<c r="${reference}" t="s"><v>${shared.push(`<si><t xml:space="preserve">${escapeXml(cell)}</t></si>`) - 1}</v></c>`;
    }
    const style = cell.format === undefined ? '' : ` s="${styleOf(cell.format)}"`;
    const type = cell.t === undefined ? '' : ` t="${cell.t}"`;
    const value = cell.v === undefined ? '' : `<v>${escapeXml(cell.v)}</v>`;
    const formula = cell.f === undefined ? '' : `<f>${escapeXml(cell.f)}</f>`;
    return `<c r="${reference}"${style}${type}>${formula}${value}${cell.xml ?? ''}</c>`;
  };
  const xml = (text: string) =>
    strToU8(
      head +
        (prefix === ''
          ? text
          : text.replace(/<(\/?)(?=[a-z])/gi, `<$1${prefix}:`).replace('xmlns=', `xmlns:${prefix}=`)),
    );
  const bodies = sheets.map(({ rows, hidden = [], after = '' }) => {
    const data = rows.map((row, index) => {
      const cells = row.map((cell, column) => cellXml(cell, `${letters(column)}${index + 1}`)).join('');
      return `<row r="${index + 1}"${hidden.includes(index + 1) ? ' hidden="1"' : ''}>${cells}</row>`;
    });
    return `<worksheet xmlns="${main}"><sheetData>${data.join('')}</sheetData>${after}</worksheet>`;
  });
  const custom = formats.filter((format) => typeof format === 'string');
  const parts: Zippable = {
    '[Content_Types].xml': strToU8(
      `${head}<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types"/>`,
    ),
    '_rels/.rels': strToU8(
      `${head}<Relationships xmlns="${packages}"><Relationship Id="rId1" Type="${office}/officeDocument" Target="xl/workbook.xml"/></Relationships>`,
    ),
    'xl/_rels/workbook.xml.rels': strToU8(
      `${head}<Relationships xmlns="${packages}">${sheets
        .map(
          (_sheet, at) =>
            `<Relationship Id="s${at}" Type="${office}/worksheet" Target="worksheets/sheet${at + 1}.xml"/>`,
        )
        .join(
          '',
        )}<Relationship Id="t" Type="${office}/sharedStrings" Target="/xl/sharedStrings.xml"/><Relationship Id="y" Type="${office}/styles" Target="styles.xml"/></Relationships>`,
    ),
    'xl/workbook.xml': xml(
      `<workbook xmlns="${main}" xmlns:r="${office}"><workbookPr${from1904 === true ? ' date1904="1"' : ''}/><sheets>${sheets
        .map(
          ({ name, state }, at) =>
            `<sheet name="${escapeXml(name)}" sheetId="${at + 1}"${state === undefined ? '' : ` state="${state}"`} r:id="s${at}"/>`,
        )
        .join('')}</sheets></workbook>`,
    ),
    'xl/sharedStrings.xml': xml(`<sst xmlns="${main}">${[...shared, ...texts].join('')}</sst>`),
    'xl/styles.xml': xml(
      `<styleSheet xmlns="${main}"><numFmts>${custom
        .map((code, at) => `<numFmt numFmtId="${164 + at}" formatCode="${escapeXml(code)}"/>`)
        .join('')}</numFmts><cellStyleXfs><xf numFmtId="14"/></cellStyleXfs><cellXfs>${formats
        .map((format) => `<xf numFmtId="${typeof format === 'number' ? format : 164 + custom.indexOf(format)}"/>`)
        .join('')}</cellXfs></styleSheet>`,
    ),
    ...Object.fromEntries(bodies.map((body, at) => [`xl/worksheets/sheet${at + 1}.xml`, xml(body)])),
  };
  edit?.(parts);
  return Buffer.from(zipSync(parts));
}

/** A workbook of one sheet. */
export function sheet(rows: SheetOf['rows'], options?: Options): Buffer {
  return workbook([{ name: 'Stock', rows }], options);
}

import { posix } from 'node:path';
import { badSource } from '../source-file.ts';
import { builtInFormat, type Format, formatOf } from './numbers.ts';
import type { Parts } from './parts.ts';
import { SharedText } from './texts.ts';

/** Texts that a workbook keeps apart from its sheets. Excel's largest sheets have fewer. */
const mostTexts = 4_000_000;

export interface Sheet {
  readonly name: string;
  readonly part: string;
  readonly hidden: boolean;
}

/** What the sheets of a workbook have in common. */
export interface Workbook {
  readonly sheets: readonly Sheet[];
  readonly from1904: boolean;
  /** The program that wrote the file leaves it to Excel to work out its formulas: the values that stand there are placeholders. */
  readonly unworked: boolean;
  readonly texts: readonly string[];
  /** By the style of a cell. */
  readonly formats: readonly Format[];
}

const isTrue = (value: string | undefined) => value === '1' || value === 'true';

interface Relation {
  readonly id: string;
  readonly type: string;
  readonly target: string;
}

/** What one part refers to. Types are told by their last word: the rest differs between two editions of the standard. */
async function relationsOf(parts: Parts, part: string, signal: AbortSignal): Promise<Relation[]> {
  const folder = posix.dirname(part);
  const path = posix.join(folder, '_rels', `${posix.basename(part)}.rels`);
  const relations: Relation[] = [];
  await parts.readAll(
    path,
    {
      open(name, { Id = '', Type = '', Target = '' }) {
        if (name !== 'Relationship') return;
        const target = Target.startsWith('/') ? Target.slice(1) : posix.join(folder, Target);
        relations.push({ id: Id, type: posix.basename(Type), target });
      },
    },
    signal,
  );
  return relations;
}

async function textsOf(name: string, parts: Parts, part: string, signal: AbortSignal): Promise<string[]> {
  const texts: string[] = [];
  const text = new SharedText();
  await parts.readAll(
    part,
    {
      open(tag) {
        if (tag === 'si') text.start();
        else text.open(tag);
      },
      text: (piece) => text.add(piece),
      close(tag) {
        text.close(tag);
        if (tag !== 'si') return;
        if (texts.length >= mostTexts)
          throw badSource(name, `holds more than ${mostTexts} texts.`, 'Let the ERP write CSV.');
        texts.push(text.take());
      },
    },
    signal,
  );
  return texts;
}

async function formatsOf(parts: Parts, part: string, signal: AbortSignal): Promise<Format[]> {
  const custom = new Map<number, Format>();
  const formats: Format[] = [];
  let inCells = false;
  await parts.readAll(
    part,
    {
      open(tag, { numFmtId, formatCode }) {
        if (tag === 'cellXfs') inCells = true;
        else if (tag === 'numFmt' && formatCode !== undefined) custom.set(Number(numFmtId), formatOf(formatCode));
        else if (tag === 'xf' && inCells) {
          const id = Number(numFmtId ?? 0);
          formats.push(custom.get(id) ?? builtInFormat(id));
        }
      },
      close(tag) {
        if (tag === 'cellXfs') inCells = false;
      },
    },
    signal,
  );
  return formats;
}

export async function workbookOf(name: string, parts: Parts, signal: AbortSignal): Promise<Workbook> {
  const root = await relationsOf(parts, '', signal);
  const main = root.find((relation) => relation.type === 'officeDocument')?.target;
  if (main === undefined) throw badSource(name, 'is no Excel workbook: it says nowhere where its sheets are.');
  const relations = await relationsOf(parts, main, signal);
  const targets = new Map(relations.map((relation) => [relation.id, relation]));
  const sheets: Sheet[] = [];
  let from1904 = false;
  let unworked = false;
  await parts.readAll(
    main,
    {
      open(tag, attributes) {
        if (tag === 'workbookPr') from1904 = isTrue(attributes.date1904);
        if (tag === 'calcPr') unworked = isTrue(attributes.fullCalcOnLoad);
        if (tag !== 'sheet') return;
        const relation = targets.get(attributes.id ?? '');
        // Charts have sheets of their own, without cells.
        if (relation?.type !== 'worksheet') return;
        const hidden = attributes.state === 'hidden' || attributes.state === 'veryHidden';
        sheets.push({ name: attributes.name ?? '', part: relation.target, hidden });
      },
    },
    signal,
  );
  const partOf = (type: string) => relations.find((relation) => relation.type === type)?.target;
  const [styles, strings] = [partOf('styles'), partOf('sharedStrings')];
  return {
    sheets,
    from1904,
    unworked,
    formats: styles === undefined ? [] : await formatsOf(parts, styles, signal),
    texts: strings === undefined ? [] : await textsOf(name, parts, strings, signal),
  };
}

/** The commands that a document shows, found by themselves: in its blocks of code and between backquotes. */
import { readFileSync } from 'node:fs';
import type { Command as Program } from 'commander';

/** One command as a document shows it, without `npm run -s oto-bridge --`. `ID`, `FLOW` and the like stand for a value. */
export interface Shown {
  readonly file: string;
  readonly text: string;
  readonly words: readonly string[];
}

const root = new URL('../../', import.meta.url);

export function commandsIn(file: string, program: Program): Shown[] {
  const text = readFileSync(new URL(file, root), 'utf8');
  const found = new Map<string, Shown>();
  for (const piece of [...lines(text), ...inline(text)]) {
    for (const part of piece.split(/ && |; then |(?:^| )\| /)) {
      const words = wordsOf(part.trim(), program);
      if (words !== undefined) found.set(words.join(' '), { file, text: part.trim(), words });
    }
  }
  return [...found.values()];
}

/** Lines of code: fenced blocks that hold shell commands or say nothing of what they hold, and indented ones. */
function lines(text: string): string[] {
  const fenced = [...text.matchAll(/^ *```(\w*)\n([\s\S]*?)^ *```/gm)];
  const shell = fenced.filter(([, language]) => ['', 'sh', 'bash', 'console', 'shell'].includes(language ?? ''));
  const rest = text.replace(/^ *```[\s\S]*?^ *```/gm, '');
  return [
    ...shell.flatMap(([, , code]) => (code ?? '').split('\n')),
    ...[...rest.matchAll(/^ {4,}(\S.*)$/gm)].map(([, line]) => line ?? ''),
  ].map((line) =>
    line
      .trim()
      .replace(/^\$ /, '')
      .replace(/ {2,}.*$| #.*$/, ''),
  );
}

/** `` `like this` ``, not in blocks of code. */
function inline(text: string): string[] {
  const prose = text.replace(/^ *```[\s\S]*?^ *```/gm, '').replace(/^ {4}.*$/gm, '');
  return [...prose.matchAll(/`([^`]+)`/g)].map(([, code]) => (code ?? '').replace(/\s+/g, ' '));
}

const placeholder = /^\[?<?[A-Z][A-Z_…]*>?\]?$/;
const shells = ['npm', 'npx', 'node', 'docker', '.ci/run'];

function wordsOf(text: string, program: Program): string[] | undefined {
  const words = text.split(' ').filter((word) => word !== '');
  const [first, second, ...rest] = words;
  if (first === undefined) return undefined;
  if (first === 'npm' && second === 'run') {
    const [script, ...more] = rest.filter((word) => word !== '-s' && word !== '--');
    if (script === 'oto-bridge') return more.length === 0 || more[0] === '…' ? undefined : ['oto-bridge', ...more];
    if (script === 'demo') return ['oto-bridge', 'demo', ...more];
    return ['npm', 'run', script ?? '', ...more];
  }
  if (shells.includes(first)) return second === undefined && first !== '.ci/run' ? undefined : words;
  if (first === 'oto-bridge') return second === undefined || second === '…' ? undefined : words;
  // `quarantine list`, `plan FLOW`: a command without its program. One word alone may be anything.
  const command = program.commands.find((one) => one.name() === first);
  if (command === undefined || second === undefined) return undefined;
  const verbs = [...command.commands.map((one) => one.name()), 'list', 'show', 'reject'];
  return verbs.includes(second) || placeholder.test(second) || second.startsWith('--')
    ? ['oto-bridge', ...words]
    : undefined;
}

/** Whether a command that was run is the one that is shown: its words in order, its options, and a value for each placeholder. */
export function isShown(shown: readonly string[], run: readonly string[]): boolean {
  const options = shown.filter((word) => word.startsWith('-'));
  const plain = (words: readonly string[]) => words.filter((word) => !word.startsWith('-'));
  const [wanted, given] = [plain(shown), plain(run)];
  return (
    options.every((option) => run.includes(option)) &&
    wanted.every((word, index) => (placeholder.test(word) ? given[index] !== undefined : given[index] === word))
  );
}

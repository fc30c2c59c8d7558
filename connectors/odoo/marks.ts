import type { Command } from '../../src/connector/index.ts';

const mark = 'oto-bridge';

/**
 * Stands in Odoo on whatever a command wrote, and is looked for before it is written again. Operation ids are those of one database, so the
 * source and a time are part of it: another installation, or a restored one, has other keys.
 */
export function keyOf(source: string, command: Command): string {
  const at =
    command.name === 'write-stock' ? command.asOf : command.name === 'note-document' ? command.reference : command.at;
  return `${mark}/${source}/${command.id}@${at}`;
}

/** Whether a text of Odoo (an origin, a reference) says that the bridge wrote the record. */
export function isOurs(text: unknown): boolean {
  return typeof text === 'string' && text.includes(`${mark}/`);
}

/** For a condition with `like`, in which these characters have a meaning of their own. */
export function literally(text: string): string {
  return text.replace(/[\\%_]/g, '\\$&');
}

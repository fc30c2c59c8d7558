import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { collectErrorCodes } from '../src/config/generate.ts';
import { errorDocument } from '../src/config/generated.ts';

// Throws by itself when two folders declare one code.
const codes = await collectErrorCodes();

it('every error code is in docs/errors.md as `npm run generate` writes it', () => {
  expect(readFileSync(join(import.meta.dirname, '../docs/errors.md'), 'utf8')).toBe(errorDocument(codes));
});

it('codes are capitals with their area first, meanings are sentences', () => {
  expect(codes.map(({ code }) => code)).toEqual(expect.arrayContaining(['CONFIG_INVALID', 'CONNECTOR_UNREACHABLE']));
  for (const { code, meaning } of codes) {
    expect(code).toMatch(/^[A-Z][A-Z0-9]*(_[A-Z0-9]+)+$/);
    expect(meaning, code).toMatch(/^[A-Z].*\.$/);
  }
});

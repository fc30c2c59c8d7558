import { z } from 'zod';

/** A decimal number as text, as every ERP writes it at the border: `-12`, `0.10`, `20000000000000000001`. Never a float. */
export const decimalText = z
  .string()
  .regex(/^-?\d+(\.\d+)?$/, 'must be a decimal number such as 12 or -0.5, without thousands separators or exponent');

/** A code or key as an ERP writes it: kept byte for byte (leading zeros, Arabic), without blanks at its ends. */
export const codeText = z
  .string()
  .min(1, 'is empty')
  .max(255, 'is longer than 255 characters')
  .refine((text) => text.trim() === text, 'has blanks at its start or end')
  // biome-ignore lint/suspicious/noControlCharactersInRegex: control characters in a key are what this rejects
  .refine((text) => !/[\u0000-\u001f\u007f]/.test(text), 'holds a control character');

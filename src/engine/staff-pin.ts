import { randomInt } from 'node:crypto';
import { plainDigits } from '../lib/digits.ts';

/** As it is hashed: digits of any script are the same digits, and what a keyboard for Arabic adds unseen is nothing. */
export function plainPin(pin: string): string {
  return plainDigits(pin)
    .replace(/[\p{Cf}\p{Cc}]/gu, '')
    .trim();
}

const shortestPin = 6;
const shortestPassword = 8;
const longest = 64;

/** What everybody tries first. */
const common = ['password', 'passw0rd', 'qwerty', 'asdfgh', 'letmein', 'welcome', 'warehouse', 'abc123', 'iloveyou'];

/** Why it will not do, as the rest of a sentence about it; undefined where it will. Never quotes it. */
export function pinProblem(pin: string, name: string): string | undefined {
  const plain = plainPin(pin);
  const lower = plain.toLowerCase();
  const isDigits = /^\d+$/.test(plain);
  if (isDigits && plain.length < shortestPin) return `has fewer than ${shortestPin} digits`;
  if (!isDigits && plain.length < shortestPassword)
    return `is no PIN of ${shortestPin} digits or more, and no password of ${shortestPassword} characters or more`;
  if (plain.length > longest) return `has more than ${longest} characters`;
  if (new Set(lower).size < 3) return 'is made of one or two characters only';
  if (isRun(lower)) return 'is a run such as 123456';
  if (isRepeated(lower)) return 'repeats one piece';
  if (holdsName(lower, name)) return 'holds the name';
  if (common.some((word) => lower.includes(word))) return 'is one of those that are tried first';
  return undefined;
}

/** Upwards or downwards by one from character to character; 9 and 0 are neighbours. */
function isRun(text: string): boolean {
  const steps = [...text].slice(1).map((character, index) => {
    const step = character.charCodeAt(0) - text.charCodeAt(index);
    return Math.abs(step) === 9 ? -Math.sign(step) : step;
  });
  return Math.abs(steps[0] ?? 0) === 1 && steps.every((step) => step === steps[0]);
}

/** `123123`, but not `12312`. */
function isRepeated(text: string): boolean {
  return (text + text).indexOf(text, 1) < text.length;
}

function holdsName(lower: string, name: string): boolean {
  return plainPin(name)
    .toLowerCase()
    .split(/\s+/)
    .some((word) => word.length >= 3 && lower.includes(word));
}

/** A PIN that will do, from a good source of chance. */
export function makePin(name: string): string {
  for (;;) {
    const pin = String(randomInt(10 ** shortestPin)).padStart(shortestPin, '0');
    if (pinProblem(pin, name) === undefined) return pin;
  }
}

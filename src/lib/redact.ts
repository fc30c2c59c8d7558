const mark = '[secret]';
/** Shorter values would be found in ordinary words, and hiding those would ruin every line. */
const shortest = 4;

/** Credentials that show themselves by their surroundings, whether or not they are known. */
const shapes: readonly [RegExp, string][] = [
  [/\b(bearer\s+)[\w.~+/=-]{6,}/gi, `$1${mark}`],
  [/\b((?:proxy-)?authorization\W{1,6}(?:basic|bearer|token)\s+)[^\s"',\\]+/gi, `$1${mark}`],
  // postgres://user:password@host, and the same in any other scheme.
  [/(\b[a-z][a-z0-9+.-]*:\/\/[^\s/:@"]*:)[^\s/@"]+(?=@)/gi, `$1${mark}`],
];

/** Fields whose whole value is a credential. */
const credentialKey = /^(proxy-)?authorization$|^(set-)?cookie$|^x-api-key$/i;

/**
 * Every form in which a secret may turn up: as it is, in an address, in base64 at any alignment, inside JSON; and of a URL its
 * password and what in its path or query looks like a token.
 */
export function secretForms(secret: string): string[] {
  const values = new Set([secret, ...urlPasswords(secret), ...urlTokens(secret)]);
  const forms = new Set<string>();
  for (const value of values) {
    const encoded = encodeURIComponent(value.toWellFormed());
    const json = JSON.stringify(value).slice(1, -1);
    for (const form of [
      value,
      encoded,
      encoded.replace(/%[0-9A-F]{2}/g, (octet) => octet.toLowerCase()),
      encoded.replaceAll('%20', '+'),
      new URLSearchParams({ v: value }).toString().slice(2),
      json,
      JSON.stringify(json).slice(1, -1),
      ...base64Forms(value),
    ]) {
      if (form.length >= shortest) forms.add(form);
    }
  }
  return [...forms].sort((a, b) => b.length - a.length);
}

function urlPasswords(secret: string): string[] {
  const raw = /^[a-z][a-z0-9+.-]*:\/\/[^\s/:@]*:([^\s/@]+)@/i.exec(secret)?.[1];
  if (raw === undefined) return [];
  try {
    return [raw, decodeURIComponent(raw)];
  } catch {
    return [raw];
  }
}

/** The parts of a web address that open something: a receiver's token often stands in its path. Ordinary words are left alone. */
function urlTokens(secret: string): string[] {
  if (!/^https?:/i.test(secret) || !URL.canParse(secret)) return [];
  const { pathname, searchParams } = new URL(secret);
  const looksLikeToken = (part: string) => part.length >= 20 || (part.length >= 8 && /\d/.test(part));
  const parts = [...pathname.split('/').map(decodedOr), ...searchParams.values()].filter(looksLikeToken);
  const whole = `${pathname}${new URL(secret).search}`;
  return looksLikeToken(whole) ? [whole, ...parts] : parts;
}

function decodedOr(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

/** In `base64(user:secret)` the secret starts at any of three alignments; what only it determines is cut out and kept. */
function base64Forms(value: string): string[] {
  const bytes = Buffer.from(value);
  const forms: string[] = [];
  for (const encoding of ['base64', 'base64url'] as const) {
    forms.push(bytes.toString(encoding));
    for (const offset of [0, 1, 2]) {
      const text = Buffer.concat([Buffer.alloc(offset), bytes])
        .toString('base64')
        .replace(/=+$/, '');
      const first = Math.ceil((offset * 8) / 6);
      const last = Math.floor(((offset + bytes.length) * 8) / 6);
      const inner = text.slice(first, last);
      // A short inner part could be an ordinary word.
      if (inner.length >= 8)
        forms.push(encoding === 'base64' ? inner : inner.replaceAll('+', '-').replaceAll('/', '_'));
    }
  }
  return forms;
}

export interface Redactor {
  /** `text` without secrets. */
  text(text: string): string;
  /** A copy of plain data without secrets, in keys and values at any depth. */
  data(value: unknown): unknown;
}

/** `secrets` is asked each time, because a token may be renewed while the bridge runs. */
export function createRedactor(secrets: () => readonly string[]): Redactor {
  let known = '';
  let pattern: RegExp | undefined;

  function currentPattern(): RegExp | undefined {
    const now = secrets();
    const key = now.join('\u0000');
    if (key !== known) {
      known = key;
      const forms = [...new Set(now.flatMap(secretForms))].sort((a, b) => b.length - a.length);
      pattern =
        forms.length === 0
          ? undefined
          : new RegExp(forms.map((form) => form.replace(/[\\^$.*+?()[\]{}|]/g, '\\$&')).join('|'), 'g');
    }
    return pattern;
  }

  function text(input: string): string {
    const found = currentPattern();
    let output = found === undefined ? input : input.replace(found, mark);
    for (const [shape, replacement] of shapes) output = output.replace(shape, replacement);
    return output;
  }

  function data(value: unknown): unknown {
    if (typeof value === 'string') return text(value);
    if (typeof value === 'number' || typeof value === 'bigint')
      return text(String(value)) === String(value) ? value : mark;
    if (Array.isArray(value)) return value.map(data);
    if (typeof value !== 'object' || value === null) return value;
    return Object.fromEntries(
      Object.entries(value).map(([key, item]) => [text(key), credentialKey.test(key) ? mark : data(item)]),
    );
  }

  return { text, data };
}

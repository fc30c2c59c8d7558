import { BridgeError, connectorErrors } from '../../src/connector/index.ts';

interface Source {
  readonly source?: string;
}

/** Numbers that JavaScript would change stay the text that Odoo sent: `12.0`, `1e-08`, twenty digits. Ids and counts are numbers. */
function keepDecimals(_key: string, value: unknown, context?: Source): unknown {
  if (typeof value !== 'number') return value;
  const text = context?.source ?? String(value);
  return /^-?\d{1,15}$/.test(text) ? value : text;
}

/** Throws CONNECTOR_BAD_SOURCE where the text is no JSON: an answer that was cut off, or a web page. */
export function parseAnswer(text: string, what: string): unknown {
  try {
    return JSON.parse(text, keepDecimals);
  } catch (cause) {
    // The parser's own words quote the answer.
    throw new BridgeError(connectorErrors.CONNECTOR_BAD_SOURCE, {
      message: `Odoo's answer to ${what} is no JSON: it was cut off, or something else answers at this address.`,
      hint: 'Check `url`, and what stands between the bridge and Odoo.',
      data: { kind: cause instanceof SyntaxError ? 'syntax' : 'other', length: text.length },
    });
  }
}

import { BridgeError, connectorErrors, type ErrorCode } from '../../src/connector/index.ts';

/** What Odoo said about a call that failed, whichever dialect it came in. */
export interface Fault {
  /** The exception's name without its module: `AccessError`. */
  readonly name: string;
  readonly message: string;
  /** `model/method`. */
  readonly call: string;
  readonly database: string;
}

const longestMessage = 300;

/** The first lines of Odoo's message. Its traceback (`debug`) and its arguments are never passed on: they hold data and code. */
function firstLines(message: string): string {
  const text = message
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '')
    .join(' ');
  return text.length > longestMessage ? `${text.slice(0, longestMessage)}…` : text;
}

const rules: readonly {
  readonly fits: (fault: Fault) => boolean;
  readonly code: ErrorCode;
  readonly message: (fault: Fault) => string;
  readonly hint: string;
}[] = [
  {
    fits: ({ name, message }) => /does not exist/.test(message) && /OperationalError|^$/.test(name),
    code: connectorErrors.CONNECTOR_OPTIONS,
    message: ({ database }) => `Odoo has no database "${database}".`,
    hint: 'Set `database` to the name that Odoo lists at /web/database/selector.',
  },
  {
    fits: ({ message }) => /unauthorized or invalid companies/i.test(message),
    code: connectorErrors.CONNECTOR_OPTIONS,
    message: () => "The user of the API key may not use one of the source's companies.",
    hint: 'Allow the company to the user in Odoo (Settings, Users), or take it out of `companies`.',
  },
  {
    fits: ({ name }) => name === 'AccessDenied' || name === 'Unauthorized',
    code: connectorErrors.CONNECTOR_AUTH,
    message: () => 'Odoo refuses the API key: it is wrong, has expired or was deleted.',
    hint: 'Make a new key in Odoo (My Preferences, Security, API Keys) and set it as `apiKey`. Keys end after the time chosen for them.',
  },
  {
    fits: ({ name }) => name === 'AccessError' || name === 'Forbidden',
    code: connectorErrors.CONNECTOR_AUTH,
    message: ({ call, message }) => `The user of the API key has no right to ${call}: ${firstLines(message)}`,
    hint: 'Give the user the rights that docs/odoo.md lists.',
  },
  {
    fits: ({ name, message }) =>
      name === 'NotFound' || name === 'AttributeError' || name === 'KeyError' || /Invalid field/i.test(message),
    code: connectorErrors.CONNECTOR_UNSUPPORTED,
    message: ({ call, message }) => `This Odoo does not know ${call}: ${firstLines(message)}`,
    hint: 'A module is not installed (Inventory at least is needed), or the version is none of 14–19.',
  },
  {
    fits: ({ name }) => /^(UserError|ValidationError|MissingError|RedirectWarning|LockError)$/.test(name),
    code: connectorErrors.CONNECTOR_REFUSED,
    message: ({ call, message }) => `Odoo refuses ${call}: ${firstLines(message)}`,
    hint: 'Mend in Odoo what it names; then the operation can be repeated.',
  },
  {
    fits: ({ name }) => /OperationalError|SerializationFailure|PoolError|TooManyRequests/.test(name),
    code: connectorErrors.CONNECTOR_UNREACHABLE,
    message: ({ call, name }) => `Odoo could not do ${call} at this moment (${name}).`,
    hint: 'The bridge tries again. If it stays so, look into the log of Odoo.',
  },
];

export function problemOf(fault: Fault): BridgeError {
  const rule = rules.find(({ fits }) => fits(fault));
  if (rule !== undefined) {
    return new BridgeError(rule.code, {
      message: rule.message(fault),
      hint: rule.hint,
      data: { odoo: fault.name, call: fault.call },
    });
  }
  return new BridgeError(connectorErrors.CONNECTOR_BAD_SOURCE, {
    message: `Odoo failed at ${fault.call}: ${fault.name} ${firstLines(fault.message)}`.trimEnd(),
    hint: 'Look into the log of Odoo at this time.',
    data: { odoo: fault.name, call: fault.call },
  });
}

/** An answer that is a web page: a proxy, a maintenance page, a login page, or an address where no Odoo is. */
export function pageProblem(status: number, call: string, url: string, database: string): BridgeError {
  if (status >= 500 || status === 429) {
    return new BridgeError(connectorErrors.CONNECTOR_UNREACHABLE, {
      message: `${url} answered ${status} with a web page instead of Odoo's answer to ${call}.`,
      hint: 'Odoo or the proxy before it is overloaded, starting or in maintenance. The bridge tries again.',
    });
  }
  return new BridgeError(connectorErrors.CONNECTOR_OPTIONS, {
    message: `${url} answered ${status} with a web page instead of Odoo's answer to ${call}: there is no Odoo at this address, or it serves no database "${database}".`,
    hint: 'Check `url` and `database`; a proxy may also hide the API.',
  });
}

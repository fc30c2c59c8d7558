import { type Command, Option } from 'commander';
import type { App } from '../app.ts';
import {
  addStaff,
  type Changed,
  changeStaff,
  disableStaff,
  enableStaff,
  endStaffSessions,
  resetPin,
} from '../engine/staff.ts';
import { createPasswords } from '../engine/staff-passwords.ts';
import { BridgeError } from '../lib/errors.ts';
import { counted } from '../lib/text.ts';
import { type StaffRole, staffRoles } from '../model/station.ts';
import { listStaff } from '../store/staff.ts';
import { listStaffEvents } from '../store/staff-events.ts';
import { listSessions } from '../store/staff-sessions.ts';
import { cliErrors } from './errors.ts';
import { type CommonOptions, common, knownLocation, wholeNumber, withApp, withFooter } from './frame.ts';
import { print } from './output.ts';
import { type PinOption, pinFor } from './staff-pin.ts';
import { eventJson, eventText, listText, sessionJson, sessionText, staffJson } from './staff-rows.ts';

interface StaffOptions extends CommonOptions, PinOption {
  readonly role?: StaffRole;
  readonly location?: readonly string[];
  readonly as?: string;
  readonly end?: boolean;
  readonly limit?: string;
}

const gather = (code: string, before: readonly string[] = []) => [...before, code];
const roleOption = () =>
  new Option('--role <role>', 'picker; supervisor: also decides on short picks; admin: at every location').choices(
    staffRoles,
  );
const pinHelp = '`-`: take the PIN from standard input (default: one is made, and shown once)';

export function registerStaff(program: Command): void {
  const group = withFooter(program.command('staff')).summary('who may sign in to the warehouse station');

  common(group.command('add <name>'))
    .summary('let somebody sign in')
    .description('Makes an account. A PIN that is made here is shown this once, and is nowhere to be read after.')
    .addOption(roleOption().makeOptionMandatory())
    .option('--location <code>', 'OTO location that the person works at; may be given several times', gather)
    .option('--pin <->', pinHelp)
    .option('--as <name>', 'who decides')
    .addHelpText('after', '\nExample:\n  oto-bridge staff add Aisha --role picker --location RUH1')
    .action(async (text: string, options: StaffOptions) => {
      const name = nameOf(text);
      const { pin, made } = await pinFor(options, name);
      const role = options.role ?? 'picker';
      const staff = await withApp(options, (app) => {
        const locations = locationsOf(app, role, options.location ?? []);
        return addStaff(deskOf(app), { name, role, locations, pin });
      });
      const where = role === 'admin' ? 'at every location' : `at ${staff.locations.join(', ')}`;
      print(options.json === true, { staff: staffJson(staff), ...shown(pin, made) }, () =>
        [`${staff.name} may sign in as ${role} ${where}.`, ...(made ? [pinText(pin)] : [])].join('\n'),
      );
    });

  common(group.command('list'))
    .summary('everybody who has an account')
    .addHelpText('after', '\nExample:\n  oto-bridge staff list')
    .action(async (options: StaffOptions) => {
      const { rows, timezone } = await withApp(options, async ({ bridge: { db, config } }) => ({
        rows: await listStaff(db, config.http.station.idleMinutes),
        timezone: config.timezone,
      }));
      print(options.json === true, { staff: rows.map(staffJson) }, () => listText(rows, timezone));
    });

  common(group.command('change <name>'))
    .summary('give somebody another role or other locations')
    .description(
      'Takes effect at once: the person is signed out, and signs in anew. Locations that are given replace those of before.',
    )
    .addOption(roleOption())
    .option('--location <code>', 'OTO location that the person works at; may be given several times', gather)
    .option('--as <name>', 'who decides')
    .addHelpText('after', '\nExample:\n  oto-bridge staff change Aisha --location RUH1 --location JED1')
    .action(async (name: string, options: StaffOptions) => {
      const done = await withApp(options, (app) =>
        changeStaff(deskOf(app), name, (before) => {
          const role = options.role ?? before.role;
          return { role, locations: locationsOf(app, role, options.location ?? before.locations) };
        }),
      );
      const { role, locations } = done.staff;
      const where = role === 'admin' ? 'every location' : locations.join(', ');
      print(
        options.json === true,
        changedJson(done),
        () => `${done.staff.name} is ${role} at ${where}${endedText(done)}.`,
      );
    });

  common(group.command('reset <name>'))
    .summary('give somebody another PIN')
    .description('Whoever is signed in with the old one is signed out, and too many failed attempts are forgotten.')
    .option('--pin <->', pinHelp)
    .option('--as <name>', 'who decides')
    .addHelpText('after', '\nExample:\n  oto-bridge staff reset Aisha')
    .action(async (name: string, options: StaffOptions) => {
      const { pin, made } = await pinFor(options, name);
      const done = await withApp(options, (app) => resetPin(deskOf(app), name, pin));
      print(options.json === true, { ...changedJson(done), ...shown(pin, made) }, () =>
        [`${done.staff.name} has another PIN${endedText(done)}.`, ...(made ? [pinText(pin)] : [])].join('\n'),
      );
    });

  for (const { verb, summary, description, work, text } of switches) {
    common(group.command(`${verb} <name>`))
      .summary(summary)
      .description(description)
      .option('--as <name>', 'who decides')
      .addHelpText('after', `\nExample:\n  oto-bridge staff ${verb} Aisha`)
      .action(async (name: string, options: StaffOptions) => {
        const done = await withApp(options, (app) => work(deskOf(app), name));
        print(options.json === true, changedJson(done), () => text(done));
      });
  }

  common(group.command('sessions [name]'))
    .summary('who is signed in, where and since when')
    .option('--end', 'sign the person out everywhere')
    .option('--as <name>', 'who decides')
    .addHelpText('after', '\nExamples:\n  oto-bridge staff sessions\n  oto-bridge staff sessions Aisha --end')
    .action(async (name: string | undefined, options: StaffOptions) => {
      if (options.end === true) {
        if (name === undefined)
          throw new BridgeError(cliErrors.CLI_USAGE, { message: '--end needs a name.', hint: 'Name the person.' });
        const done = await withApp(options, (app) => endStaffSessions(deskOf(app), name));
        print(options.json === true, changedJson(done), () => `${done.staff.name} is signed out${endedText(done)}.`);
        return;
      }
      const { rows, timezone } = await withApp(options, async ({ bridge: { db, config } }) => ({
        rows: await listSessions(db, config.http.station.idleMinutes, name),
        timezone: config.timezone,
      }));
      print(options.json === true, { sessions: rows.map(sessionJson) }, () => sessionText(rows, timezone));
    });

  common(group.command('events [name]'))
    .summary('who signed in, who tried, and what became of accounts')
    .option('--limit <n>', 'how many', '50')
    .addHelpText('after', '\nExample:\n  oto-bridge staff events Aisha')
    .action(async (name: string | undefined, options: StaffOptions) => {
      const limit = wholeNumber(options.limit ?? '50', 'number of events');
      const { rows, timezone } = await withApp(options, async ({ bridge: { db, config } }) => ({
        rows: await listStaffEvents(db, { name, limit }),
        timezone: config.timezone,
      }));
      print(options.json === true, { events: rows.map(eventJson) }, () => eventText(rows, timezone));
    });
}

const switches = [
  {
    verb: 'disable',
    summary: 'let somebody in no more',
    description:
      'Signs the person out everywhere, at once. The account stays, and so does the record of what was done.',
    work: disableStaff,
    text: (done: Changed) =>
      done.changed
        ? `${done.staff.name} may not sign in any more${endedText(done)}.`
        : `${done.staff.name} was disabled before.`,
  },
  {
    verb: 'enable',
    summary: 'let somebody in again',
    description: 'With the PIN of before, and at once where too many attempts had failed.',
    work: enableStaff,
    text: (done: Changed) => `${done.staff.name} may sign in${done.changed ? ' again' : ', as before'}.`,
  },
] as const;

const deskOf = ({ bridge: { db, who } }: App) => ({ db, passwords: createPasswords(), by: who });

/** @throws BridgeError CLI_USAGE */
function nameOf(text: string): string {
  const name = text.trim().replace(/\s+/g, ' ');
  if (name.length > 0 && name.length <= 80 && !/\p{C}/u.test(name)) return name;
  throw new BridgeError(cliErrors.CLI_USAGE, {
    message: 'This is no name.',
    hint: 'Give 1 to 80 characters that can be typed.',
  });
}

/** @throws BridgeError CLI_USAGE */
function locationsOf({ bridge: { config } }: App, role: StaffRole, given: readonly string[]): string[] {
  for (const code of given) knownLocation(config, code);
  if (given.length > 0 || role === 'admin') return [...new Set(given)];
  throw new BridgeError(cliErrors.CLI_USAGE, {
    message: `A ${role} sees only the orders of their own locations, and none is given.`,
    hint: `Add --location, for example --location ${config.locations[0]?.oto ?? 'RUH1'}.`,
  });
}

const shown = (pin: string, made: boolean) => (made ? { pin } : {});
const pinText = (pin: string) =>
  `PIN: ${pin}\nIt is shown this once: write it down for them. \`oto-bridge staff reset\` makes another one.`;
const endedText = ({ ended }: Changed) =>
  ended === 0 ? '' : `; ${counted(ended, 'session was', 'sessions were')} ended`;
const changedJson = ({ staff, changed, ended }: Changed) => ({
  staff: staffJson(staff),
  changed,
  sessionsEnded: ended,
});

import type { UserChange } from '../rooms/administration.js';
import { createSipSecrets } from '../rooms/sip-secrets.js';
import { type Arguments, type Command, type OptionSpecs, UsageError } from './command.js';
import { allPages, withDirectory, workOn } from './open-directory.js';
import { newPassword, PASSWORD_OPTIONS, passwordLines, passwordResult } from './password.js';
import { type Terminal, table } from './terminal.js';

const LINES = {
  telephone: { type: 'string', value: 'NUMBER', help: 'an outside line in E.164, called when no device is answered' },
  language: { type: 'string', value: 'TAG', help: 'what prompts are spoken in, such as zh, where there are some' },
} as const satisfies OptionSpecs;

const add: Command = {
  name: 'user add',
  operands: ['NAME'],
  summary: 'add a user who logs in by password',
  details: `NAME is a small letter followed by up to 63 of a-z, 0-9, dot, hyphen and underscore. A password is made up and shown
once, unless it is read from standard input. The first administrator is made this way, with --admin.`,
  options: {
    'display-name': { type: 'string', value: 'TEXT', help: 'what people are shown; NAME unless given' },
    admin: { type: 'boolean', help: 'may manage users, groups and numbers' },
    'external-id': { type: 'string', value: 'ID', help: 'what the host application calls the user' },
    ...LINES,
    'no-password': { type: 'boolean', help: 'gives none: the user comes with a token of the host application' },
    ...PASSWORD_OPTIONS,
  },
  async run(given, terminal) {
    const [name = ''] = given.operands;
    const password = given.flag('no-password') ? undefined : await newPassword(given, terminal);
    const externalId = given.text('external-id');
    await withDirectory(terminal, async ({ administration }) => {
      const user = await administration.createUser({
        name,
        displayName: given.text('display-name') ?? name,
        admin: given.flag('admin'),
        telephone: given.text('telephone') ?? null,
        language: given.text('language') ?? null,
        ...(externalId === undefined ? {} : { externalId }),
        ...(password === undefined ? {} : { password: password.password }),
      });
      terminal.show({ user, ...(password === undefined ? {} : passwordResult(password)) }, [
        `user ${name} added${user.admin ? ', an administrator' : ''}`,
        ...(password === undefined ? [] : passwordLines(password)),
      ]);
    });
  },
};

const passwd: Command = {
  name: 'user passwd',
  operands: ['NAME'],
  summary: 'give a user another password',
  details: 'The user is logged out everywhere. Desk phones keep their SIP secret.',
  options: PASSWORD_OPTIONS,
  async run(given, terminal) {
    const [name = ''] = given.operands;
    const password = await newPassword(given, terminal);
    await withDirectory(terminal, async ({ administration }) => {
      const user = await administration.updateUser(name, { password: password.password });
      terminal.show({ user, ...passwordResult(password) }, [
        `user ${name} has a new password`,
        ...passwordLines(password),
      ]);
    });
  },
};

const admin: Command = {
  name: 'user admin',
  operands: ['NAME'],
  summary: 'make a user an administrator, or with --off no more',
  options: { off: { type: 'boolean', help: 'take it away' } },
  run: (given, terminal) =>
    change(
      given,
      terminal,
      { admin: !given.flag('off') },
      given.flag('off') ? 'is no administrator' : 'is an administrator',
    ),
};

const set: Command = {
  name: 'user set',
  operands: ['NAME'],
  summary: "change a user's display name, telephone or language",
  details: `The telephone is called over a trunk, after the user's own devices and where outsideCalls.allow lets it.`,
  options: {
    'display-name': { type: 'string', value: 'TEXT', help: 'what people are shown' },
    ...LINES,
    'no-telephone': { type: 'boolean', help: 'take the outside line away' },
    'no-language': { type: 'boolean', help: 'speak to them in the default language' },
  },
  run(given, terminal) {
    const displayName = given.text('display-name');
    const telephone = valueOrNone(given, 'telephone');
    const language = valueOrNone(given, 'language');
    const what = {
      ...(displayName === undefined ? {} : { displayName }),
      ...(telephone === undefined ? {} : { telephone }),
      ...(language === undefined ? {} : { language }),
    };
    const said = Object.entries({ 'display name': displayName, telephone, language }).flatMap(([name, value]) =>
      value === undefined ? [] : [value === null ? `no ${name}` : `${name} ${value}`],
    );
    if (said.length === 0) throw new UsageError('say what to change: --display-name, --telephone or --language');
    return change(given, terminal, what, `has ${said.join(', ')}`);
  },
};

/** null when it is to be taken away; undefined when it stays. */
function valueOrNone(given: Arguments, option: 'telephone' | 'language'): string | null | undefined {
  const value = given.text(option);
  if (!given.flag(`no-${option}`)) return value;
  if (value !== undefined) throw new UsageError(`--${option} and --no-${option} contradict each other`);
  return null;
}

const disable: Command = {
  name: 'user disable',
  operands: ['NAME'],
  summary: 'shut a user out, calls included; everything of theirs is kept',
  run: (given, terminal) => change(given, terminal, { disabled: true }, 'is disabled'),
};

const enable: Command = {
  name: 'user enable',
  operands: ['NAME'],
  summary: 'let a disabled user in again',
  run: (given, terminal) => change(given, terminal, { disabled: false }, 'is enabled'),
};

const revoke: Command = {
  name: 'user revoke',
  operands: ['NAME'],
  summary: 'log a user out everywhere: tokens and softphone credentials are worth nothing any more',
  run: (given, terminal) =>
    workOn(
      'user',
      given,
      terminal,
      ({ administration }, name) => administration.revokeUser(name),
      'is logged out everywhere',
    ),
};

const remove: Command = {
  name: 'user remove',
  operands: ['NAME'],
  summary: 'remove a user, with their room and everything else of theirs',
  run: (given, terminal) =>
    workOn('user', given, terminal, ({ administration }, name) => administration.removeUser(name), 'is removed'),
};

const sipSecret: Command = {
  name: 'user sip-secret',
  operands: ['NAME'],
  summary: "make a user's desk phone a new SIP secret, and show it once",
  details: `A desk phone registers with it, and with NAME as user name. Never the login password: phones keep it readable.`,
  options: {
    'sha-256': {
      type: 'boolean',
      help: 'for phones that answer SHA-256 challenges; others, such as baresip, need MD5',
    },
  },
  async run(given, terminal) {
    const [name = ''] = given.operands;
    const algorithm = given.flag('sha-256') ? 'SHA-256' : 'MD5';
    await withDirectory(terminal, async ({ administration, config, store }) => {
      const { realm } = config.sip;
      const sipSecrets = createSipSecrets({
        findUser: (user) => administration.findUser(user),
        put: (account) => store.transaction((unit) => unit.putSipAccount({ ...account, realm, algorithm })),
      });
      const secret = await sipSecrets.reset(name);
      terminal.show({ user: name, realm, algorithm, secret }, [
        `SIP user   ${name}`,
        `secret     ${secret}  (shown this once)`,
        `realm      ${realm}, ${algorithm}`,
      ]);
    });
  },
};

const list: Command = {
  name: 'user list',
  operands: [],
  summary: 'list all users',
  run: (_given, terminal) =>
    withDirectory(terminal, async ({ administration }) => {
      const users = await allPages(
        (page) => administration.listUsers(page),
        ({ name }) => name,
      );
      const rows = users.map(({ name, displayName, externalId, admin: isAdmin, disabled, telephone, language }) => [
        name,
        displayName,
        telephone ?? '',
        language ?? '',
        [isAdmin ? 'administrator' : '', disabled ? 'disabled' : ''].filter(Boolean).join(', '),
        externalId ?? '',
      ]);
      terminal.show({ users }, table(['NAME', 'DISPLAY NAME', 'TELEPHONE', 'LANGUAGE', '', 'EXTERNAL ID'], rows));
    }),
};

export const userCommands: readonly Command[] = [
  add,
  set,
  passwd,
  admin,
  disable,
  enable,
  revoke,
  remove,
  sipSecret,
  list,
];

function change(given: Arguments, terminal: Terminal, what: UserChange, said: string): Promise<void> {
  const [name = ''] = given.operands;
  return withDirectory(terminal, async ({ administration }) => {
    const user = await administration.updateUser(name, what);
    terminal.show({ user }, [`user ${name} ${said}`]);
  });
}

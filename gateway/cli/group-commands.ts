import type { GroupRecord } from '../rooms/administration.js';
import { isRoomNumber } from '../rooms/room.js';
import type { GroupRole } from '../rooms/user.js';
import { type Arguments, type Command, CommandError, UsageError } from './command.js';
import { allPages, withDirectory, workOn } from './open-directory.js';
import { table } from './terminal.js';

const ROLES: readonly GroupRole[] = ['member', 'moderator', 'listener'];

const add: Command = {
  name: 'group add',
  operands: ['NAME'],
  summary: 'add a group; it gets a number at its first voice request, or by group bind',
  options: {
    title: { type: 'string', value: 'TEXT', help: 'what people are shown; NAME unless given' },
    'external-id': { type: 'string', value: 'ID', help: 'what the host application calls the group' },
  },
  async run(given, terminal) {
    const [name = ''] = given.operands;
    const externalId = given.text('external-id');
    await withDirectory(terminal, async ({ administration }) => {
      const group = await administration.createGroup({
        name,
        title: given.text('title') ?? name,
        ...(externalId === undefined ? {} : { externalId }),
      });
      terminal.show({ group }, [`group ${name} added`]);
    });
  },
};

const remove: Command = {
  name: 'group remove',
  operands: ['NAME'],
  summary: 'remove a group and its number; who is in its room is sent out',
  run: (given, terminal) =>
    workOn('group', given, terminal, ({ administration }, name) => administration.removeGroup(name), 'is removed'),
};

const bind: Command = {
  name: 'group bind',
  operands: ['NAME', '[NUMBER]'],
  summary: 'bind a number to a group, a free one unless it is named; the one it had is released',
  async run(given, terminal) {
    const [name = '', number] = given.operands;
    if (number !== undefined && !isRoomNumber(number)) throw new UsageError(`NUMBER ${number} is not 3 to 12 digits`);
    await withDirectory(terminal, async ({ administration }) => {
      const group = await administration.bindNumber(name, number);
      terminal.show({ group }, [`group ${name} has number ${group.number}`]);
    });
  },
};

const release: Command = {
  name: 'group release',
  operands: ['NAME'],
  summary: "release a group's number; nobody is given it before it has rested",
  run: (given, terminal) =>
    workOn(
      'group',
      given,
      terminal,
      ({ administration }, name) => administration.releaseNumber(name),
      'has no number now',
    ),
};

const show: Command = {
  name: 'group show',
  operands: ['NAME-OR-NUMBER'],
  summary: 'show a group, by its name or by its number, and who is in it',
  async run(given, terminal) {
    const [which = ''] = given.operands;
    await withDirectory(terminal, async ({ administration }) => {
      const group = isRoomNumber(which)
        ? await administration.findGroupByNumber(which)
        : await administration.findGroup(which);
      if (group === undefined) throw new CommandError(`there is no group ${which}`);
      const members = await allPages(
        (page) => administration.listMembers(group.name, page),
        ({ user }) => user,
      );
      const rows = members.map(({ user, displayName, role }) => [user, displayName, role]);
      terminal.show({ group, members }, [describe(group), '', ...table(['USER', 'DISPLAY NAME', 'ROLE'], rows)]);
    });
  },
};

const list: Command = {
  name: 'group list',
  operands: [],
  summary: 'list all groups and their numbers',
  run: (_given, terminal) =>
    withDirectory(terminal, async ({ administration }) => {
      const groups = await allPages(
        (page) => administration.listGroups(page),
        ({ name }) => name,
      );
      const rows = groups.map(({ name, title, number, hasPin, externalId }) => [
        name,
        title,
        number ?? '',
        hasPin ? 'yes' : '',
        externalId ?? '',
      ]);
      terminal.show({ groups }, table(['NAME', 'TITLE', 'NUMBER', 'PIN', 'EXTERNAL ID'], rows));
    }),
};

const memberAdd: Command = {
  name: 'group member add',
  operands: ['GROUP', 'USER'],
  summary: 'make a user a member of a group, or give a member another role',
  options: { role: { type: 'string', value: 'ROLE', help: `${ROLES.join(', ')}; member unless given` } },
  async run(given, terminal) {
    const [group = '', user = ''] = given.operands;
    const role = roleOf(given);
    await withDirectory(terminal, async ({ administration }) => {
      const member = await administration.putMember(group, user, role);
      terminal.show({ group, member }, [`user ${user} is ${role} of group ${group}`]);
    });
  },
};

const memberRemove: Command = {
  name: 'group member remove',
  operands: ['GROUP', 'USER'],
  summary: 'take a user out of a group, and out of its room',
  async run(given, terminal) {
    const [group = '', user = ''] = given.operands;
    await withDirectory(terminal, async ({ administration }) => {
      await administration.removeMember(group, user);
      terminal.show({ group, user }, [`user ${user} is not in group ${group} any more`]);
    });
  },
};

export const groupCommands: readonly Command[] = [add, remove, bind, release, show, list, memberAdd, memberRemove];

function roleOf(given: Arguments): GroupRole {
  const text = given.text('role') ?? 'member';
  const role = ROLES.find((candidate) => candidate === text);
  if (role === undefined) throw new UsageError(`--role ${text} is none of ${ROLES.join(', ')}`);
  return role;
}

function describe({ name, title, number, hasPin }: GroupRecord): string {
  const dialled = number === undefined ? 'no number yet' : `number ${number}`;
  return `group ${name} (${title}), ${dialled}${hasPin ? ', guests enter with a PIN' : ''}`;
}

import type { Api, Me } from './api.js';
import { isLikeTelephone, readTelephone, telephoneOf } from './telephone-number.js';

/** Somebody who can be invited, and the groups by which they are known. */
export interface Person {
  readonly user: string;
  readonly displayName: string;
  readonly groups: readonly string[];
}

const USER_NAME = /^[a-z][a-z0-9._-]{0,63}$/;

/** The user name that was typed; undefined for what can be none. */
export function readUserName(text: string): string | undefined {
  const name = text.trim().toLowerCase();
  return USER_NAME.test(name) ? name : undefined;
}

/** Whom to invite by what was typed, as the API takes it: a user name or a telephone number; undefined for neither. */
export function readInvitee(text: string): string | undefined {
  return isLikeTelephone(text) ? readTelephone(text) : readUserName(text);
}

/** What an invitee is called: by their own name where they are known. */
export function inviteeName(
  to: string,
  known: readonly { readonly user?: string; readonly name?: string; readonly displayName?: string }[],
): string {
  const person = known.find(({ user }) => user === to);
  return person?.displayName ?? person?.name ?? telephoneOf(to) ?? to;
}

/** All members of the user's groups but the user, by name; who is in several is one person. */
export function gatherPeople(
  members: readonly { readonly group: string; readonly user: string; readonly displayName: string }[],
  self: string,
): readonly Person[] {
  const people = new Map<string, Person>();
  for (const { group, user, displayName } of members) {
    if (user === self) continue;
    const groups = [...(people.get(user)?.groups ?? []), group];
    people.set(user, { user, displayName, groups });
  }
  return [...people.values()].sort((a, b) => a.displayName.localeCompare(b.displayName));
}

/** Everybody in the user's groups. Who cannot be had is left out, and can be typed all the same. */
export async function listPeople(api: Pick<Api, 'members'>, me: Me | undefined): Promise<readonly Person[]> {
  if (me === undefined) return [];
  const lists = await Promise.all(
    me.groups.map(async ({ name: group }) => {
      const members = await api.members(group).catch(() => []);
      return members.map((member) => ({ ...member, group }));
    }),
  );
  return gatherPeople(lists.flat(), me.name);
}

/** Who is offered for what was typed so far: members of `group` first, and nobody who is chosen already. */
export function suggest(
  people: readonly Person[],
  options: { typed: string; chosen: readonly string[]; group?: string | undefined; most: number },
): readonly Person[] {
  const typed = options.typed.trim().toLowerCase();
  const matches = people.filter(({ user, displayName }) => {
    if (options.chosen.includes(user)) return false;
    const words = [user, ...displayName.toLowerCase().split(/\s+/)];
    return typed === '' || words.some((word) => word.startsWith(typed)) || displayName.toLowerCase().includes(typed);
  });
  const ofGroup = (person: Person) => Number(options.group !== undefined && person.groups.includes(options.group));
  return matches
    .map((person, index) => ({ person, index }))
    .sort((a, b) => ofGroup(b.person) - ofGroup(a.person) || a.index - b.index)
    .slice(0, options.most)
    .map(({ person }) => person);
}

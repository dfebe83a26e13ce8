import { RoomlineError } from '../errors.js';
import type { HostDirectory } from './administration.js';
import { languageFor } from './spoken-languages.js';
import { isTelephoneNumber } from './telephone-number.js';
import { LANGUAGE_PATTERN, USER_NAME_PATTERN } from './user.js';

const LONGEST_GROUP_NAME = 64;
const LONGEST_TEXT = 128;
const SHORTEST_PASSWORD = 8;
const LONGEST_PASSWORD = 256;

/** @throws RoomlineError `invalid` saying which field is wrong, and how it shall be. */
export function checkUser(user: {
  readonly name?: string;
  readonly displayName?: string;
  readonly externalId?: string;
  readonly telephone?: string | null;
  readonly language?: string | null;
  readonly password?: string;
}): void {
  if (user.name !== undefined && !USER_NAME_PATTERN.test(user.name)) {
    throw invalid(
      'bad-user-name',
      `user name ${quote(user.name)} is not a small letter followed by up to 63 of a-z, 0-9, dot, hyphen, underscore`,
    );
  }
  checkText('display name', user.displayName, LONGEST_TEXT);
  checkText('external id', user.externalId, LONGEST_TEXT);
  checkTelephone(user.telephone ?? undefined);
  checkLanguage(user.language ?? undefined);
  checkPassword(user.password);
}

function checkTelephone(telephone: string | undefined): void {
  if (telephone === undefined || isTelephoneNumber(telephone)) return;
  throw invalid(
    'bad-telephone',
    `telephone ${quote(telephone)} is not in E.164: +, country code and number, 7 to 15 digits, such as +4930123456`,
  );
}

function checkLanguage(language: string | undefined): void {
  if (language === undefined || LANGUAGE_PATTERN.test(language)) return;
  throw invalid('bad-language', `language ${quote(language)} is not a language's tag, such as en or zh`);
}

/**
 * Nobody is to wait for prompts in a language there are none in.
 * @throws RoomlineError `invalid` that lists those there are
 */
export async function checkLanguages(
  users: readonly { readonly language?: string | null }[],
  languages: () => Promise<readonly string[]>,
): Promise<void> {
  const wanted = new Set(
    users.map(({ language }) => language ?? undefined).filter((language) => language !== undefined),
  );
  if (wanted.size === 0) return;
  const known = await languages();
  const unknown = [...wanted].filter((language) => languageFor(language, known) === undefined);
  if (unknown.length === 0) return;
  throw new RoomlineError(
    'invalid',
    `there are no prompts in language ${unknown.map(quote).join(', ')}: choose of ${known.join(', ')}`,
    { code: 'unknown-language', details: { unknown, languages: known } },
  );
}

export function checkPassword(password: string | undefined): void {
  if (password === undefined) return;
  const length = [...password].length;
  if (length >= SHORTEST_PASSWORD && length <= LONGEST_PASSWORD) return;
  throw invalid('bad-password', `the password has not ${SHORTEST_PASSWORD} to ${LONGEST_PASSWORD} characters`);
}

export function checkGroup(group: {
  readonly name?: string;
  readonly title?: string;
  readonly externalId?: string;
}): void {
  checkText('group name', group.name, LONGEST_GROUP_NAME);
  checkText('title', group.title, LONGEST_TEXT);
  checkText('external id', group.externalId, LONGEST_TEXT);
}

/** Nothing may be named twice: which of the two counts would be anybody's guess. */
export function checkHostDirectory({ users, groups }: HostDirectory): void {
  for (const user of users) checkUser(user);
  for (const group of groups) checkGroup(group);
  checkDistinct(
    'user with external id',
    users.map(({ externalId }) => externalId),
  );
  checkDistinct(
    'user',
    users.map(({ name }) => name),
  );
  checkDistinct(
    'group with external id',
    groups.map(({ externalId }) => externalId),
  );
  checkDistinct(
    'group',
    groups.filter(({ removed }) => removed !== true).map(({ name }) => name),
  );
  for (const { name, members = [] } of groups) {
    for (const { user } of members) checkText('external id', user, LONGEST_TEXT);
    checkDistinct(
      `member of group ${quote(name)}`,
      members.map(({ user }) => user),
    );
  }
}

function checkDistinct(what: string, texts: readonly string[]): void {
  const seen = new Set<string>();
  for (const text of texts) {
    if (seen.has(text)) throw invalid('named-twice', `${what} ${quote(text)} is named twice`);
    seen.add(text);
  }
}

/** Names compare exactly, so nothing may be in one that a database or a screen leaves out. */
function checkText(what: string, text: string | undefined, longest: number): void {
  if (text === undefined) return;
  const length = [...text].length;
  if (length < 1 || length > longest) {
    throw invalid('bad-text', `${what} ${quote(text)} has ${length} characters, not 1 to ${longest}`);
  }
  if (/[\p{Cc}\p{Cs}]/u.test(text)) throw invalid('bad-text', `${what} ${quote(text)} has a control character`);
}

function quote(text: string): string {
  return JSON.stringify(text.length > 64 ? `${text.slice(0, 64)}...` : text);
}

function invalid(code: string, message: string): RoomlineError {
  return new RoomlineError('invalid', message, { code });
}

import { createHash } from 'node:crypto';
import { RoomlineError } from '../errors.js';
import type { ContactBindingStore } from './contact-binding.js';
import type { Directory } from './directory.js';
import type { Invitation, Inviter } from './invitations.js';
import type { OutsideCallCheck } from './outside-call-check.js';
import { findDeskPhones, noDeskPhone, type OwnPhones } from './own-phones.js';
import { requireVoiceServer, type VoiceServersReady } from './ready-voice-server.js';
import type { Room } from './room.js';
import type { Membership, User } from './user.js';
import type { VoiceServer } from './voice-server.js';

export const VOICE_REQUEST_KINDS = [
  'voice-communication',
  'voice-communication-invitation',
  'temporary-voice-communication',
  'temporary-voice-communication-invitation',
  'exclusive-voice-communication',
  'exclusive-voice-communication-invitation',
] as const;
export type VoiceRequestKind = (typeof VOICE_REQUEST_KINDS)[number];

/** For how long a request's Idempotency-Key is good; what it answered, invitations too, is kept as long. */
export const KEPT_MS = 24 * 3600_000;

export interface VoiceRequest {
  readonly kind: VoiceRequestKind;
  /** The group's name; may be left out by a user of exactly one group. */
  readonly group?: string;
  /** The temporary team's identifier; made up when left out. */
  readonly team?: string;
  /** User names and `tel:` numbers, or `all` of the group but the asker; needed by the invitation kinds alone. */
  readonly invite?: readonly string[] | 'all';
  /** Calls the asker's own desk phones into the room. */
  readonly device?: 'desk-phone';
  /** Makes asking twice the same as asking once, for a day. */
  readonly idempotencyKey?: string;
}

export interface VoiceRequestAnswer {
  readonly room: Room;
  readonly invitations: readonly Invitation[];
}

/** What exists to tell "no such group" from "not your group", and who is meant by an invitation. */
export interface GroupNames {
  exists(group: string): Promise<boolean>;
  memberNames(groupId: string): Promise<string[]>;
}

/** What a request leaves behind. */
export interface VoiceRequestEntry {
  readonly asker: Pick<User, 'id' | 'name'>;
  readonly room: Room;
  readonly invitees: readonly Invitation['to'][];
  readonly idempotency?: { readonly key: string; readonly digest: string };
}

/** Writes what a request leaves behind, in one transaction: the invitations and its idempotency key. */
export interface VoiceRequestStore {
  /** Ids of users by name; names that nobody has are left out. */
  findUserIds(names: readonly string[]): Promise<Map<string, string>>;
  /**
   * Whom somebody has invited into the room already, and who is not called to the end, is not invited twice: the answer
   * has that invitation.
   * @throws RoomlineError `conflict` when another request with this key was faster: look it up.
   */
  record(entry: VoiceRequestEntry): Promise<Invitation[]>;
  /** What an earlier request with this key was answered, and the digest of what it asked. */
  findAnswered(askerId: string, key: string): Promise<{ digest: string; answer: VoiceRequestAnswer } | undefined>;
}

/** Answers voice requests: who asks for what, and which room they get. */
export interface VoiceRequests {
  /**
   * @throws RoomlineError `invalid` (which group? whom?), `not-found`, `forbidden`, `conflict` (no desk phone),
   * `too-many` (calls to telephones), `unavailable`.
   */
  request(asker: User, request: VoiceRequest): Promise<VoiceRequestAnswer>;
}

export interface VoiceRequestDeps {
  readonly directory: Directory;
  readonly voiceServer: VoiceServer;
  readonly voiceServersReady: VoiceServersReady;
  readonly groups: GroupNames;
  readonly store: VoiceRequestStore;
  readonly inviter: Inviter;
  readonly outsideCalls: OutsideCallCheck;
  readonly ownPhones: OwnPhones;
  readonly contacts: Pick<ContactBindingStore, 'findByUser'>;
}

export function createVoiceRequests(deps: VoiceRequestDeps): VoiceRequests {
  const { store, inviter } = deps;

  async function answer(asker: User, request: VoiceRequest, digest: string): Promise<VoiceRequestAnswer> {
    const { idempotencyKey: key } = request;
    checkFields(request);
    // A number that cannot be dialled is no answer.
    requireVoiceServer(deps.voiceServersReady);
    const membership = request.kind.startsWith('voice-') ? await membershipOf(deps.groups, asker, request) : undefined;
    const invitees = await findInvitees(deps, asker, request, membership);
    await deps.outsideCalls.requireCallable(asker, telephonesAmong(invitees));
    if (request.device === 'desk-phone') await requireDeskPhone(deps, asker);
    const room = await findRoom(deps, asker, request, membership);
    // First, since nothing is to be left behind of a request that is refused.
    if (request.device === 'desk-phone') await deps.ownPhones.callOwnPhone(asker, room);
    if (invitees.length === 0 && key === undefined) return { room, invitations: [] };
    const invitations = await store.record({
      asker,
      room,
      invitees,
      ...(key === undefined ? {} : { idempotency: { key, digest } }),
    });
    if (invitations.length > 0) inviter.invite(asker, invitations);
    return { room, invitations };
  }

  async function answered(asker: User, key: string, digest: string): Promise<VoiceRequestAnswer | undefined> {
    const earlier = await store.findAnswered(asker.id, key);
    if (earlier === undefined || earlier.digest === digest) return earlier?.answer;
    throw new RoomlineError('conflict', 'this Idempotency-Key was used for another request', {
      code: 'idempotency-key-reused',
    });
  }

  async function answerOnce(asker: User, request: VoiceRequest, key: string): Promise<VoiceRequestAnswer> {
    const digest = digestOf(request);
    const earlier = await answered(asker, key, digest);
    if (earlier !== undefined) return earlier;
    try {
      return await answer(asker, request, digest);
    } catch (error) {
      if (!(error instanceof RoomlineError) || error.code !== 'idempotency-key-taken') throw error;
      // The same request at the same time was faster, at another gateway.
      const faster = await answered(asker, key, digest);
      if (faster !== undefined) return faster;
      throw error;
    }
  }

  /** Those with a key that are being answered: a second one here waits, and opens no room that nobody enters. */
  const underWay = new Map<string, Promise<unknown>>();

  return {
    async request(asker, request) {
      const { idempotencyKey: key } = request;
      if (key === undefined) return answer(asker, request, '');
      checkKey(key);
      const turn = `${asker.id} ${key}`;
      const before = underWay.get(turn) ?? Promise.resolve();
      const mine = before.then(() => answerOnce(asker, request, key));
      const settled = mine.catch(() => undefined);
      underWay.set(turn, settled);
      try {
        return await mine;
      } finally {
        if (underWay.get(turn) === settled) underWay.delete(turn);
      }
    },
  };
}

const KEY_PATTERN = /^[\x21-\x7e]{1,128}$/;

function checkKey(key: string): void {
  if (KEY_PATTERN.test(key)) return;
  throw new RoomlineError('invalid', 'an Idempotency-Key is 1 to 128 visible ASCII characters', {
    code: 'bad-idempotency-key',
  });
}

/** The same request has the same digest, whatever order its fields came in. */
function digestOf({ kind, group, team, invite, device }: VoiceRequest): string {
  const theirs = device === undefined ? [] : [device];
  const asked = JSON.stringify([kind, group ?? null, team ?? null, invite ?? null, ...theirs]);
  return createHash('sha256').update(asked).digest('hex');
}

async function requireDeskPhone({ contacts }: VoiceRequestDeps, asker: User): Promise<void> {
  if ((await findDeskPhones(contacts, asker)).length === 0) throw noDeskPhone(asker);
}

/** Which of the optional fields a kind takes. */
function checkFields({ kind, group, team, invite }: VoiceRequest): void {
  const ofGroup = kind.startsWith('voice-');
  const ofTeam = kind.startsWith('temporary-');
  if (group !== undefined && !ofGroup) throw misplaced('group', kind);
  if (team !== undefined && !ofTeam) throw misplaced('team', kind);
  const invites = kind.endsWith('-invitation');
  if (invite !== undefined && !invites) throw misplaced('invite', kind);
  if (invites && (invite === undefined || invite.length === 0)) {
    throw new RoomlineError('invalid', `${kind} needs invite: user names, tel: numbers${ofGroup ? ', or "all"' : ''}`, {
      code: 'invite-required',
    });
  }
  if (invite === 'all' && !ofGroup) {
    throw new RoomlineError('invalid', 'invite "all" means all of a group: name whom to invite', { code: 'no-group' });
  }
}

function misplaced(field: string, kind: VoiceRequestKind): RoomlineError {
  return new RoomlineError('invalid', `${field} has no meaning in a ${kind} request`, { code: 'field-not-allowed' });
}

async function findRoom(
  { directory, voiceServer }: VoiceRequestDeps,
  asker: User,
  { kind, team }: VoiceRequest,
  membership: Membership | undefined,
): Promise<Room> {
  if (membership !== undefined) {
    const { groupId, title } = membership;
    const number = membership.number ?? (await directory.numberOf(groupId));
    return { number, kind: 'group', title, groupId, hasPin: membership.hasPin };
  }
  return kind.startsWith('temporary-') ? voiceServer.temporaryRoom(asker, team) : voiceServer.exclusiveRoom(asker);
}

/** The numbers of those who are invited by telephone. */
export function telephonesAmong(invitees: readonly Invitation['to'][]): string[] {
  return invitees.flatMap((to) => ('tel' in to ? [to.tel] : []));
}

/** @throws RoomlineError `not-found` that lists the names nobody has. */
export async function findInvitees(
  { groups, store }: Pick<VoiceRequestDeps, 'groups' | 'store'>,
  asker: Pick<User, 'name'>,
  { invite }: Pick<VoiceRequest, 'invite'>,
  membership: Pick<Membership, 'groupId'> | undefined,
): Promise<Invitation['to'][]> {
  if (invite === undefined) return [];
  const asked = invite === 'all' ? await groups.memberNames(membership?.groupId ?? '') : invite;
  const wanted = [...new Set(asked)].filter((to) => to !== asker.name);
  const names = wanted.filter((to) => !to.startsWith('tel:'));
  const ids = await store.findUserIds(names);
  const unknown = names.filter((name) => !ids.has(name));
  if (unknown.length > 0) {
    throw new RoomlineError('not-found', `there is no user ${unknown.join(', ')} to invite`, {
      code: 'invitee-not-found',
      details: { unknown },
    });
  }
  return wanted.map((to) =>
    to.startsWith('tel:') ? { tel: to.slice(4) } : { user: { id: ids.get(to) ?? '', name: to } },
  );
}

async function membershipOf(groups: GroupNames, asker: User, { group }: VoiceRequest): Promise<Membership> {
  if (group === undefined) return onlyMembership(asker);
  const membership = asker.memberships.find((candidate) => candidate.group === group);
  if (membership !== undefined) return membership;
  if (await groups.exists(group)) {
    throw new RoomlineError('forbidden', `you are not a member of group ${group}`, { code: 'not-a-member' });
  }
  throw new RoomlineError('not-found', `there is no group ${group}`, { code: 'group-not-found' });
}

function onlyMembership(asker: User): Membership {
  const [first, ...others] = asker.memberships;
  if (first !== undefined && others.length === 0) return first;
  const groups = asker.memberships.map((membership) => membership.group);
  throw new RoomlineError(
    'invalid',
    groups.length === 0 ? 'you are in no group' : `say which group: ${groups.join(', ')}`,
    { code: 'group-required', details: { groups } },
  );
}

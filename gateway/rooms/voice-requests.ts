import { RoomlineError } from '../errors.js';
import type { Directory } from './directory.js';
import type { Room } from './room.js';
import type { Membership, User } from './user.js';

export const VOICE_REQUEST_KINDS = ['voice-communication'] as const;
export type VoiceRequestKind = (typeof VOICE_REQUEST_KINDS)[number];

export interface VoiceRequest {
  readonly kind: VoiceRequestKind;
  /** The group's name; may be left out by a user of exactly one group. */
  readonly group?: string;
}

/** What exists to tell "no such group" from "not your group". */
export interface GroupNames {
  exists(group: string): Promise<boolean>;
}

/** Answers voice requests: who asks for what, and which room they get. */
export interface VoiceRequests {
  /** @throws RoomlineError `invalid` (which group?), `not-found`, `forbidden`, `unavailable`. */
  request(asker: User, request: VoiceRequest): Promise<Room>;
}

export function createVoiceRequests(deps: { directory: Directory; groups: GroupNames }): VoiceRequests {
  async function membershipFor(asker: User, group: string | undefined): Promise<Membership> {
    if (group === undefined) return onlyMembership(asker);
    const membership = asker.memberships.find((candidate) => candidate.group === group);
    if (membership !== undefined) return membership;
    if (await deps.groups.exists(group)) {
      throw new RoomlineError('forbidden', `you are not a member of group ${group}`, { code: 'not-a-member' });
    }
    throw new RoomlineError('not-found', `there is no group ${group}`, { code: 'group-not-found' });
  }

  return {
    async request(asker, request) {
      const membership = await membershipFor(asker, request.group);
      const number = membership.number ?? (await deps.directory.numberOf(membership.groupId));
      return { number, kind: 'group', title: membership.title, groupId: membership.groupId };
    },
  };
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

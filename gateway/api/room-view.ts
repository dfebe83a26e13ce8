import { z } from 'zod';
import { INVITATION_STATES, type Invitation, invitee } from '../rooms/invitations.js';
import type { Room } from '../rooms/room.js';
import type { Participant } from '../rooms/roster.js';
import type { SoftphoneCredentials } from '../rooms/sip-account.js';
import type { Addresses } from './addresses.js';
import { roomNumberSchema, timeSchema, userNameSchema } from './schemas.js';

const DEVICES = ['softphone', 'desk-phone', 'outside-line'] as const;
const ROLES = ['owner', 'moderator', 'speaker', 'listener'] as const;

const roomKeys = {
  number: roomNumberSchema,
  kind: z.enum(['group', 'temporary', 'exclusive']),
  title: z.string().describe('The group’s title, the team’s identifier, the owner’s name.'),
  uri: z.string().describe('The room’s SIP address.'),
  team: z.string().optional().describe('The temporary team’s identifier: who asks with it gets the same room.'),
  expiresAt: timeSchema.optional().describe('When a temporary room ends at the latest.'),
  hasPin: z.boolean().describe('Guests who know the PIN may enter.'),
};

export const roomSchema = z.object(roomKeys).meta({ id: 'Room' });

export const participantSchema = z
  .object({
    id: z.string(),
    user: userNameSchema.optional().describe('Absent for a guest.'),
    name: z.string(),
    device: z.enum(DEVICES),
    muted: z.boolean(),
    talking: z.boolean(),
    held: z.boolean().describe('Their phone has the room on hold.'),
    role: z.enum(ROLES),
    joinedAt: timeSchema,
  })
  .meta({ id: 'Participant' });

export const liveRoomSchema = z
  .object({ ...roomKeys, participants: z.array(participantSchema) })
  .meta({ id: 'LiveRoom' });

/** An invitation as the answer to a voice request shows it. */
export const placedInvitationSchema = z
  .object({
    id: z.string(),
    to: z.string().describe('A user’s name, or `tel:` and a telephone number.'),
    state: z.enum(INVITATION_STATES),
  })
  .meta({ id: 'PlacedInvitation' });

export const invitationSchema = z
  .object({
    ...placedInvitationSchema.shape,
    from: userNameSchema.describe('Who invited them.'),
    tries: z.int().describe('How often they were called.'),
    cause: z.string().optional(),
    updatedAt: timeSchema,
  })
  .meta({ id: 'Invitation' });

export const clientSchema = z
  .object({
    wsUrl: z.string().describe('Where a browser reaches SIP.'),
    aor: z.string(),
    username: z.string().describe('For digest authentication; not the user part of the address.'),
    password: z.string(),
    expiresAt: timeSchema,
  })
  .meta({ id: 'Client', description: 'What a SIP client in a browser registers and calls with.' });

export function presentRoom(room: Room, addresses: Addresses) {
  const { number, kind, title, team, expiresAt, hasPin } = room;
  return {
    number,
    kind,
    title,
    uri: addresses.roomUri(number),
    ...(team === undefined ? {} : { team }),
    ...(expiresAt === undefined ? {} : { expiresAt: expiresAt.toISOString() }),
    hasPin,
  };
}

export function presentLiveRoom(room: Room, participants: readonly Participant[], addresses: Addresses) {
  return { ...presentRoom(room, addresses), participants: participants.map(presentParticipant) };
}

export function presentParticipant(participant: Participant) {
  const { id, user, name, device, muted, talking, held, role, joinedAt } = participant;
  const whose = user === undefined ? {} : { user };
  return { id, ...whose, name, device, muted, talking, held, role, joinedAt: joinedAt.toISOString() };
}

export function presentPlacedInvitation({ id, to, state }: Invitation) {
  return { id, to: invitee(to), state };
}

export function presentInvitation(invitation: Invitation) {
  const { inviter, tries, cause, updatedAt } = invitation;
  return {
    ...presentPlacedInvitation(invitation),
    from: inviter.name,
    tries,
    ...(cause === undefined ? {} : { cause }),
    updatedAt: updatedAt.toISOString(),
  };
}

export function presentClient(credentials: SoftphoneCredentials, wsUrl: string, addresses: Addresses) {
  const { aorUser, username, password, expiresAt } = credentials;
  return { wsUrl, aor: addresses.aor(aorUser), username, password, expiresAt: expiresAt.toISOString() };
}

import { z } from 'zod';
import { INVITATION_STATES, type Invitation, invitee } from '../rooms/invitations.js';
import type { Room } from '../rooms/room.js';
import type { Participant, Roster } from '../rooms/roster.js';
import type { SoftphoneCredentials } from '../rooms/sip-account.js';
import type { User } from '../rooms/user.js';
import type { Addresses } from './addresses.js';
import type { RoomAccess } from './room-access.js';
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
    handRaised: z.boolean().describe('They ask for the floor.'),
    joinedAt: timeSchema,
  })
  .meta({ id: 'Participant' });

export const liveRoomSchema = z
  .object({
    ...roomKeys,
    locked: z.boolean().describe('Nobody enters but moderators and the owner.'),
    announceJoins: z
      .boolean()
      .describe('Whether those in the room are told who joins: as those who moderate chose, else as configured.'),
    participants: z.array(participantSchema),
    you: z
      .object({
        moderates: z
          .boolean()
          .describe('May mute and remove others, lock the room, have joins announced, cancel invitations of others.'),
        belongs: z.boolean().describe('May invite; false for one who may enter by an invitation alone.'),
        setsPin: z.boolean(),
        id: z.string().optional().describe('You among the participants; the first of your phones.'),
      })
      .describe('What whoever asks may do here.'),
  })
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
    cause: z.string().optional().describe('What is behind the state: a SIP status, or a word such as `barred`.'),
    nextTryAt: timeSchema.optional().describe('When they are called next; while it is there, the state is not final.'),
    createdAt: timeSchema,
    answeredAt: timeSchema.optional().describe('When a phone was answered last, be it by a machine.'),
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

export interface LiveRoomView {
  readonly access: RoomAccess;
  readonly user: User;
  readonly roster: Roster;
  readonly addresses: Addresses;
  /** Of rooms for which nobody has chosen. */
  readonly announceJoins: boolean;
}

export function presentLiveRoom({ access, user, roster, addresses, announceJoins }: LiveRoomView) {
  const { room, moderates, belongs, setsPin } = access;
  const participants = roster.participants(room.number);
  const own = participants.find((one) => one.user === user.name);
  return {
    ...presentRoom(room, addresses),
    locked: roster.isLocked(room.number),
    announceJoins: room.announcesJoins ?? announceJoins,
    participants: participants.map(presentParticipant),
    you: { moderates, belongs, setsPin, ...(own === undefined ? {} : { id: own.id }) },
  };
}

export function presentParticipant(participant: Participant) {
  const { id, user, name, device, muted, talking, held, role, handRaised, joinedAt } = participant;
  const whose = user === undefined ? {} : { user };
  const asks = { muted, talking, held, role, handRaised };
  return { id, ...whose, name, device, ...asks, joinedAt: joinedAt.toISOString() };
}

export function presentPlacedInvitation({ id, to, state }: Invitation) {
  return { id, to: invitee(to), state };
}

export function presentInvitation(invitation: Invitation) {
  const { inviter, tries, cause, nextTryAt, createdAt, answeredAt, updatedAt } = invitation;
  return {
    ...presentPlacedInvitation(invitation),
    from: inviter.name,
    tries,
    ...(cause === undefined ? {} : { cause }),
    ...(nextTryAt === undefined ? {} : { nextTryAt: nextTryAt.toISOString() }),
    createdAt: createdAt.toISOString(),
    ...(answeredAt === undefined ? {} : { answeredAt: answeredAt.toISOString() }),
    updatedAt: updatedAt.toISOString(),
  };
}

export function presentClient(credentials: SoftphoneCredentials, wsUrl: string, addresses: Addresses) {
  const { aorUser, username, password, expiresAt } = credentials;
  return { wsUrl, aor: addresses.aor(aorUser), username, password, expiresAt: expiresAt.toISOString() };
}

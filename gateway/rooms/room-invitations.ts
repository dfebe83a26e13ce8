import { RoomlineError } from '../errors.js';
import type { AccessEventBus } from './access-events.js';
import type { Invitation, InvitationStore, Inviter } from './invitations.js';
import type { OutsideCallCheck } from './outside-call-check.js';
import { requireVoiceServer, type VoiceServersReady } from './ready-voice-server.js';
import type { Room, RoomNumber } from './room.js';
import type { User } from './user.js';
import { findInvitees, type GroupNames, telephonesAmong, type VoiceRequestStore } from './voice-requests.js';

/** Invitations into a room that is there already. */
export interface RoomInvitations {
  list(room: RoomNumber): Promise<Invitation[]>;
  /** @throws RoomlineError `not-found` for an invitation into another room, or none. */
  find(room: RoomNumber, id: string): Promise<Invitation>;
  /**
   * Writes the invitations down and has them called; whoever is being called already is not called twice.
   * @throws RoomlineError `not-found`, `invalid`, `forbidden` and `too-many` for telephones, `unavailable`.
   */
  invite(inviter: User, room: Room, invite: readonly string[] | 'all'): Promise<Invitation[]>;
  /** Stops calling; whoever may enter by the invitation alone may no more. */
  cancel(invitation: Invitation): Promise<void>;
  /** Cancels all that have not led into the room, or those of one inviter; returns how many. */
  cancelAll(room: RoomNumber, inviterId?: string): Promise<number>;
}

export function createRoomInvitations(deps: {
  invitations: InvitationStore;
  requests: VoiceRequestStore;
  groups: GroupNames;
  inviter: Inviter;
  outsideCalls: OutsideCallCheck;
  voiceServersReady: VoiceServersReady;
  events: AccessEventBus;
}): RoomInvitations {
  const { invitations, requests, inviter, events } = deps;

  async function cancel({ id, room, to }: Invitation): Promise<boolean> {
    if (!(await invitations.update(id, { state: 'cancelled' }, ['cancelled']))) return false;
    inviter.cancel(id);
    events.emit('invitation.cancelled', {
      room,
      invitationId: id,
      ...('user' in to ? { userId: to.user.id } : {}),
    });
    return true;
  }

  return {
    list: (room) => invitations.listByRoom(room),

    async find(room, id) {
      const invitation = await invitations.find(id);
      if (invitation?.room === room) return invitation;
      throw new RoomlineError('not-found', `there is no such invitation into room ${room}`, {
        code: 'invitation-not-found',
      });
    },

    async invite(user, room, invite) {
      // With nobody to call them they would fail at once.
      requireVoiceServer(deps.voiceServersReady);
      const { groupId } = room;
      if (invite === 'all' && groupId === undefined) {
        throw new RoomlineError('invalid', 'invite "all" means all of a group: name whom to invite', {
          code: 'no-group',
        });
      }
      const group = groupId === undefined ? undefined : { groupId };
      const invitees = await findInvitees({ groups: deps.groups, store: requests }, user, { invite }, group);
      if (invitees.length === 0) return [];
      await deps.outsideCalls.requireCallable(user, telephonesAmong(invitees));
      const written = await requests.record({ asker: user, room, invitees });
      inviter.invite(user, written);
      return written;
    },

    async cancel(invitation) {
      await cancel(invitation);
    },

    async cancelAll(room, inviterId) {
      const open = (await invitations.listByRoom(room)).filter(
        (invitation) =>
          !['joined', 'cancelled'].includes(invitation.state) &&
          (inviterId === undefined || invitation.inviter.id === inviterId),
      );
      let cancelled = 0;
      for (const invitation of byUrgency(open)) if (await cancel(invitation)) cancelled++;
      return cancelled;
    },
  };
}

/** Those who wait go first: else each who stops ringing would make room for one of them. */
function byUrgency(invitations: readonly Invitation[]): Invitation[] {
  const waiting = invitations.filter(({ state }) => state === 'queued');
  return [...waiting, ...invitations.filter(({ state }) => state !== 'queued')];
}

import { randomUUID } from 'node:crypto';
import { RoomlineError } from '../errors.js';
import { admit } from '../rooms/admission.js';
import type { Directory } from '../rooms/directory.js';
import { isRoomNumber, type Room } from '../rooms/room.js';
import { parseUri, tagOf } from './address.js';
import { refuseBody, refuseExtensions } from './capabilities.js';
import type { Authenticate } from './digest.js';
import type { Focuses } from './focuses.js';
import { shuttingDown } from './leg.js';
import { answerSessionTimer } from './session-timer.js';
import type { Headers, IncomingInvite, Reply } from './sip-server.js';
import { replyTo } from './status.js';

export interface DialInOptions {
  authenticate: Authenticate;
  directory: Directory;
  focuses: Focuses;
  minSessionSeconds: number;
  /** True once calls are being ended because we end. */
  draining(): boolean;
}

/** Takes a call to a room's number: who is it, may they enter, which room; nothing is kept before that is known. */
export function createDialIn(options: DialInOptions): (invite: IncomingInvite) => Promise<void> {
  const { authenticate, directory, focuses, minSessionSeconds, draining } = options;

  async function findRoom(invite: IncomingInvite): Promise<Room> {
    const number = parseUri(invite.uri)?.user.split(';', 1)[0] ?? '';
    const room = isRoomNumber(number) ? await directory.findRoom(number) : undefined;
    if (room === undefined) throw new RoomlineError('not-found', 'no room has this number', { code: 'room-not-found' });
    return room;
  }

  /** What keeps a call out before anyone is asked who they are. */
  function refuseUnseen(invite: IncomingInvite): Reply | undefined {
    if (draining()) return replyTo(shuttingDown());
    // Within a dialog that is no more (RFC 3261 section 12.2.2).
    if (tagOf(invite.header('to')) !== undefined) return { status: 481 };
    return refuseExtensions(invite) ?? refuseBody(invite);
  }

  async function enter(invite: IncomingInvite): Promise<Reply | undefined> {
    const unseen = refuseUnseen(invite);
    if (unseen !== undefined) return unseen;
    const authentication = await authenticate(invite);
    if (!authentication.authenticated) return authentication.reply;
    const { user, device } = authentication;
    const room = await findRoom(invite);
    const admission = admit(room, user);
    if (!admission.admitted) throw new RoomlineError('forbidden', `${user.name} may not enter room ${room.number}`);
    const timer = answerSessionTimer(invite, minSessionSeconds);
    if ('refusal' in timer) return timer.refusal;
    // It may have begun while we asked the store.
    if (draining()) throw shuttingDown();
    const leg = focuses.add(room, { id: randomUUID(), invite, user, device, role: admission.role });
    const headers: Headers = timer.headers;
    await leg.answer(headers);
    return undefined;
  }

  return async (invite) => {
    const reply = await enter(invite).catch((error: unknown) => {
      if (error instanceof RoomlineError) return replyTo(error);
      throw error;
    });
    if (reply !== undefined && !invite.replied) await invite.reply(reply);
  };
}

import { randomUUID } from 'node:crypto';
import { RoomlineError } from '../errors.js';
import { isRoomNumber } from '../rooms/room.js';
import type { AccessGuard } from './access-guard.js';
import { parseUri, tagOf } from './address.js';
import { refuseBody, refuseExtensions } from './capabilities.js';
import { DialledIn, shuttingDown } from './dialled-in.js';
import type { Authenticate } from './digest.js';
import type { Doorkeeper, Entry } from './doorkeeper.js';
import type { Focuses } from './focuses.js';
import { aorUserOf, type Identity } from './identity.js';
import { answerSessionTimer } from './session-timer.js';
import type { IncomingInvite, Reply } from './sip-server.js';
import { replyTo } from './status.js';

export interface DialInOptions {
  authenticate: Authenticate;
  doorkeeper: Doorkeeper;
  guard: Pick<AccessGuard, 'epoch' | 'confirm'>;
  focuses: Focuses;
  minSessionSeconds: number;
  /** True once calls are being ended because we end. */
  draining(): boolean;
}

/** Takes a call to a room's number: who is it, may they enter, which room; nothing is kept before that is known. */
export function createDialIn(options: DialInOptions): (invite: IncomingInvite) => Promise<void> {
  const { authenticate, doorkeeper, guard, focuses, minSessionSeconds, draining } = options;

  async function findEntry(invite: IncomingInvite, identity: Identity): Promise<Entry> {
    const number = parseUri(invite.uri)?.user.split(';', 1)[0] ?? '';
    const entry = isRoomNumber(number) ? await doorkeeper.look(number, identity) : undefined;
    if (entry !== undefined) return entry;
    throw new RoomlineError('not-found', 'no room has this number', { code: 'room-not-found' });
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
    const { epoch } = guard;
    const authentication = await authenticate(invite);
    if (!authentication.authenticated) return authentication.reply;
    const { identity, device } = authentication;
    const { room, admission } = await findEntry(invite, identity);
    if (!admission.admitted) {
      throw new RoomlineError('forbidden', `${aorUserOf(identity)} may not enter room ${room.number}`);
    }
    const timer = answerSessionTimer(invite, minSessionSeconds);
    if ('refusal' in timer) return timer.refusal;
    // It may have begun while we asked the store.
    if (draining()) throw shuttingDown();
    const origin = new DialledIn(invite, timer.headers);
    const leg = focuses.add(room, { id: randomUUID(), origin, identity, device, role: admission.role });
    guard.confirm(leg, epoch);
    await leg.start();
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

import { randomUUID } from 'node:crypto';
import { RoomlineError } from '../errors.js';
import { isRoomNumber, type RoomFinder } from '../rooms/room.js';
import type { AccessGuard } from './access-guard.js';
import { parseUri, tagOf } from './address.js';
import { refuseBody, refuseExtensions } from './capabilities.js';
import { DialledIn, shuttingDown } from './dialled-in.js';
import type { Authenticate } from './digest.js';
import type { Doorkeeper } from './doorkeeper.js';
import type { Focuses } from './focuses.js';
import { aorUserOf } from './identity.js';
import type { IdentifyTrunk, TrunkCall } from './lobby.js';
import type { Reception, Visitor } from './reception.js';
import { answerSessionTimer } from './session-timer.js';
import type { IncomingInvite, Reply } from './sip-server.js';
import { replyTo } from './status.js';

export interface DialInOptions {
  authenticate: Authenticate;
  identifyTrunk: IdentifyTrunk;
  reception: Reception;
  /** Numbers that lead to the lobby. */
  accessNumbers: readonly string[];
  doorkeeper: Doorkeeper;
  rooms: Pick<RoomFinder, 'find'>;
  guard: Pick<AccessGuard, 'epoch' | 'confirm'>;
  focuses: Focuses;
  minSessionSeconds: number;
  /** True once calls are being ended because we end. */
  draining(): boolean;
}

/**
 * Takes a call to a room's number: who is it, may they enter, which room; nothing is kept before that is known. Who
 * dials an access number, or a room from outside, is answered and asked.
 */
export function createDialIn(options: DialInOptions): (invite: IncomingInvite) => Promise<void> {
  const { authenticate, identifyTrunk, reception, doorkeeper, guard, focuses, minSessionSeconds, draining } = options;
  const accessNumbers = new Set(options.accessNumbers);

  /** What the call begins with, once it is known who may make it. */
  function originOf(invite: IncomingInvite): DialledIn | Reply {
    const timer = answerSessionTimer(invite, minSessionSeconds);
    if ('refusal' in timer) return timer.refusal;
    // It may have begun while we asked the store.
    if (draining()) throw shuttingDown();
    return new DialledIn(invite, timer.headers);
  }

  async function visit(invite: IncomingInvite, visitor: Omit<Visitor, 'origin'>): Promise<Reply | undefined> {
    const origin = originOf(invite);
    if ('status' in origin) return origin;
    await reception({ ...visitor, origin });
    return undefined;
  }

  /** An outside caller without an account reaches the lobby, and rooms that have a PIN. */
  async function takeFromTrunk(invite: IncomingInvite, outside: TrunkCall): Promise<Reply | undefined> {
    const { dialled, accessNumber } = outside;
    const visitor = { outside, device: 'outside-line' } as const;
    if (accessNumber || accessNumbers.has(dialled)) return visit(invite, visitor);
    const room = isRoomNumber(dialled) ? await options.rooms.find(dialled) : undefined;
    // Outside nobody learns which numbers are rooms of those who let no guests in.
    if (room?.hasPin !== true) throw noSuchRoom();
    return visit(invite, { ...visitor, room });
  }

  async function enter(invite: IncomingInvite): Promise<Reply | undefined> {
    if (draining()) throw shuttingDown();
    const unseen = refuseUnseen(invite);
    if (unseen !== undefined) return unseen;
    const outside = await identifyTrunk(invite);
    if (outside !== undefined) return 'reply' in outside ? outside.reply : takeFromTrunk(invite, outside);
    const { epoch } = guard;
    const authentication = await authenticate(invite);
    if (!authentication.authenticated) return authentication.reply;
    const { identity, device } = authentication;
    const number = parseUri(invite.uri)?.user.split(';', 1)[0] ?? '';
    if (accessNumbers.has(number)) return visit(invite, { identity, device });
    const entry = isRoomNumber(number) ? await doorkeeper.look(number, identity) : undefined;
    if (entry === undefined) throw noSuchRoom();
    const { room, admission } = entry;
    if (!admission.admitted) {
      throw new RoomlineError('forbidden', `${aorUserOf(identity)} may not enter room ${room.number}`);
    }
    const origin = originOf(invite);
    if ('status' in origin) return origin;
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

/** What keeps a call out before anyone is asked who they are. */
function refuseUnseen(invite: IncomingInvite): Reply | undefined {
  // Within a dialog that is no more (RFC 3261 section 12.2.2).
  if (tagOf(invite.header('to')) !== undefined) return { status: 481 };
  return refuseExtensions(invite) ?? refuseBody(invite);
}

function noSuchRoom(): RoomlineError {
  return new RoomlineError('not-found', 'no room has this number', { code: 'room-not-found' });
}

import { randomUUID } from 'node:crypto';
import { RoomlineError } from '../errors.js';
import type { Log } from '../log.js';
import type { Room } from '../rooms/room.js';
import type { Device } from '../rooms/roster.js';
import type { AccessGuard, Epoch } from './access-guard.js';
import type { Call } from './call.js';
import type { DialledIn } from './dialled-in.js';
import type { Doorkeeper } from './doorkeeper.js';
import type { Focuses } from './focuses.js';
import { identityId, type PhoneIdentity } from './identity.js';
import type { Lobby, LobbyCaller, LobbyEntry, TrunkCall } from './lobby.js';

/** Nobody takes longer to dial a number and a PIN, three times each. */
const LOBBY_MS = 300_000;

export interface ReceptionOptions {
  lobby: Lobby;
  focuses: Focuses;
  doorkeeper: Doorkeeper;
  guard: Pick<AccessGuard, 'epoch' | 'confirm'>;
  log: Log;
  /** The longest a call is in the lobby. */
  lobbyMs?: number;
}

/** A call that is to be answered before it is known where it goes. */
export interface Visitor {
  readonly origin: DialledIn;
  /** Who it is: a phone that has shown it, or what a trunk tells. */
  readonly identity?: PhoneIdentity;
  readonly outside?: TrunkCall;
  /** The room that was dialled from outside. */
  readonly room?: Room;
  readonly device: Device;
}

/** Answers a call, lets the lobby find out where it goes, and puts it there. Resolves when it is there, or over. */
export type Reception = (visitor: Visitor) => Promise<void>;

export function createReception(options: ReceptionOptions): Reception {
  const { lobby, focuses, doorkeeper, guard, lobbyMs = LOBBY_MS } = options;

  /** Who they are was looked up at `since`: they may have left groups while they pressed keys. */
  async function enter(
    call: Call,
    { room, identity }: LobbyEntry,
    { device, outside, since }: Visitor & { since: Epoch },
  ): Promise<void> {
    const entry = await doorkeeper.look(room.number, identity);
    if (entry?.admission.admitted !== true) {
      throw new RoomlineError('forbidden', `they may not enter room ${room.number} any more`, { code: 'not-admitted' });
    }
    if (call.ended.aborted) return;
    const { role } = entry.admission;
    const leg = focuses.admit(entry.room, { call, identity, device, role, ...languageOf(outside) });
    guard.confirm(leg, since);
    await leg.start();
  }

  function callerOf({ origin, identity, outside, room }: Visitor): LobbyCaller {
    return {
      ...(identity === undefined ? {} : { identity }),
      ...(outside === undefined ? {} : { outside }),
      ...languageOf(outside),
      ...(room === undefined ? {} : { room }),
      sourceAddress: origin.source.address,
      barrier: (wanted, role) => focuses.barrier(wanted, role),
    };
  }

  return async (visitor) => {
    const { origin, identity, device } = visitor;
    const since = guard.epoch;
    const id = randomUUID();
    const { callId } = origin;
    const log = options.log.child({ leg: id, ...(callId === undefined ? {} : { callId }) });
    const ownerId = identity === undefined ? {} : { ownerId: identityId(identity) };
    const call = focuses.createCall({ id, origin, log, ...ownerId });
    call.events.on('ended', ({ cause }) => log.info({ cause }, 'call ended'));
    if (!(await call.open(null))) return;
    log.info({ device }, 'in the lobby');
    const timer = setTimeout(() => void call.end('expired'), lobbyMs);
    call.ended.addEventListener('abort', () => clearTimeout(timer), { once: true });
    try {
      const entry = await lobby(call, callerOf(visitor));
      clearTimeout(timer);
      if (entry !== undefined && !call.ended.aborted) await enter(call, entry, { ...visitor, since });
      else await call.end('left');
    } catch (error) {
      call.fail(error);
      await call.end('failed');
    }
  };
}

function languageOf(outside: TrunkCall | undefined): { language?: string } {
  return outside?.language === undefined ? {} : { language: outside.language };
}

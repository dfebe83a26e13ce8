import type { Room } from '../rooms/room.js';
import type { ParticipantRole } from '../rooms/roster.js';
import type { AnsweredCall } from './answered-call.js';
import type { Identity, PhoneIdentity } from './identity.js';
import type { IncomingInvite, Reply } from './sip-server.js';

/** A call that comes from a trunk. */
export interface TrunkCall {
  /** The trunk's name in the configuration. */
  readonly trunk: string;
  /** The caller's number in E.164 where it can be told; empty when it is withheld. */
  readonly caller: string;
  /** What was dialled, as digits alone. */
  readonly dialled: string;
  /** True when that is one of the trunk's own access numbers. */
  readonly accessNumber: boolean;
  readonly language?: string;
}

/** Whether a call comes from a trunk: the trunk's call, what to reply in its place, or undefined for a phone's. */
export type IdentifyTrunk = (invite: IncomingInvite) => Promise<TrunkCall | { readonly reply: Reply } | undefined>;

/** Who is in the lobby, and what they dialled to get there. */
export interface LobbyCaller {
  /** Who it is, where a phone has shown it; a member needs no PIN. */
  readonly identity?: PhoneIdentity;
  /** Who it is, where a trunk has brought them. */
  readonly outside?: Pick<TrunkCall, 'trunk' | 'caller'>;
  readonly language?: string;
  /** The room whose number was dialled from outside: nothing but its PIN is asked. */
  readonly room?: Room;
  /** Where the call comes from, for limits on PINs. */
  readonly sourceAddress: string;
  /** Why nobody of this role gets into a room now; undefined when they do. */
  barrier(room: Room, role: ParticipantRole): 'full' | 'locked' | undefined;
}

/** Where a caller gets from the lobby. */
export interface LobbyEntry {
  readonly room: Room;
  readonly identity: Identity;
  readonly role: ParticipantRole;
}

/**
 * Asks a caller for a room and whatever opens it. Undefined sends them off; what is to be said of that was said. What
 * it still plays when it returns goes on while the call enters the room. Returns soon once the call has ended.
 */
export type Lobby = (call: AnsweredCall, caller: LobbyCaller) => Promise<LobbyEntry | undefined>;

import type { Room } from '../rooms/room.js';
import type { User } from '../rooms/user.js';
import type { OutgoingInvite } from './sip-server.js';

/** For whom a telephone is called, and what it shows. */
export interface OutsideContext {
  readonly room: Room;
  /** Whose calls it counts as. */
  readonly inviter: User;
  /** The name shown as the caller's, not quoted: the inviter, and the group for a group's room. */
  readonly callerName: string;
}

/** A call over a trunk that has its place in the limits: it may be placed once. */
export interface OutsideInvite {
  /** The trunk's name in the configuration. */
  readonly trunk: string;
  /** The number called, in E.164. */
  readonly tel: string;
  /** Complete but for the SDP; `headers` may hold a P-Asserted-Identity, `credentials` answer a challenge. */
  readonly invite: Omit<OutgoingInvite, 'sdp'>;
  /** The trunk's language for prompts. */
  readonly language?: string;
  /** The number in E.164 that the trunk writes so, such as where it sends the call elsewhere. */
  readonly readNumber?: (written: string) => string | undefined;
  /** Gives the place in the limits back: the call is over or was never placed. Idempotent. */
  release(): void;
}

/** Why a telephone is not called; `refused` is a stable word such as `not-allowed`, `user-limit` or `no-trunk`. */
export interface OutsideRefusal {
  readonly refused: string;
  /** When it is worth another try, where it ever is. */
  readonly retryAfterSeconds?: number;
}

/** The way to telephones: over which trunk, in which form, and whether at all. */
export interface OutsideLine {
  /** `tel` as it was asked for, such as `+4930123456`. */
  place(tel: string, context: OutsideContext): Promise<OutsideInvite | OutsideRefusal>;
}

import { type Invitation, SessionState } from 'sip.js';
import type { RoomFacts } from './room-view.js';

/** Somebody is calling the user into a room. */
export interface Ring {
  readonly id: string;
  /** Who invites, as the call says. */
  readonly from: string;
  readonly number: string;
  /** What the room is, once the gateway has said so. */
  readonly room?: RoomFacts;
}

export interface RingsDeps {
  readonly lookUp: (number: string) => Promise<RoomFacts>;
  readonly onChange: (rings: readonly Ring[]) => void;
}

const ROOM_NUMBER = /^\d{3,12}$/;
const MOST_AT_ONCE = 6;

interface Entry {
  readonly invitation: Invitation;
  readonly ring: Ring;
}

/** The invitations that ring: each until it is accepted, declined, withdrawn or has rung for long enough. */
export class Rings {
  readonly #deps: RingsDeps;
  readonly #entries = new Map<string, Entry>();

  constructor(deps: RingsDeps) {
    this.#deps = deps;
  }

  add(invitation: Invitation): void {
    const { uri, displayName } = invitation.remoteIdentity;
    const number = uri.user ?? '';
    const refusal = ROOM_NUMBER.test(number) ? (this.#entries.size < MOST_AT_ONCE ? undefined : 486) : 404;
    if (refusal !== undefined) reject(invitation, refusal);
    // Else it was withdrawn before it was heard of.
    if (refusal !== undefined || invitation.state !== SessionState.Initial) return;
    const { id } = invitation;
    const from = displayName === undefined || displayName === '' ? number : displayName;
    this.#entries.set(id, { invitation, ring: { id, from, number } });
    invitation.stateChange.addListener((state) => {
      if (state === SessionState.Terminated) this.#forget(id);
    });
    this.#tell();
    void this.#nameRoom(id, number);
  }

  /** Takes a call to answer it: from here on it is not ours. */
  take(id: string): { invitation: Invitation; ring: Ring } | undefined {
    const entry = this.#entries.get(id);
    this.#forget(id);
    return entry;
  }

  decline(id: string): void {
    const entry = this.take(id);
    if (entry !== undefined) reject(entry.invitation, 603);
  }

  /** They cannot be answered any more: the way they came is gone. */
  clear(): void {
    const entries = [...this.#entries.values()];
    this.#entries.clear();
    for (const { invitation } of entries) reject(invitation, 480);
    if (entries.length > 0) this.#tell();
  }

  async #nameRoom(id: string, number: string): Promise<void> {
    const room = await this.#deps.lookUp(number).catch(() => undefined);
    const entry = this.#entries.get(id);
    if (room === undefined || entry === undefined) return;
    this.#entries.set(id, { ...entry, ring: { ...entry.ring, room, from: inviterOf(entry.ring.from, room) } });
    this.#tell();
  }

  #forget(id: string): void {
    if (this.#entries.delete(id)) this.#tell();
  }

  #tell(): void {
    this.#deps.onChange([...this.#entries.values()].map(({ ring }) => ring));
  }
}

/** A call into a group's room names both, as `Alice (Engineering)`: the page shows the room by itself. */
export function inviterOf(from: string, room: Pick<RoomFacts, 'title'>): string {
  const suffix = ` (${room.title})`;
  return from.endsWith(suffix) && from.length > suffix.length ? from.slice(0, -suffix.length) : from;
}

/** What the call itself says of the room, should the gateway not have said more yet. */
export function roomOfCall(call: Invitation, { number }: Ring): RoomFacts {
  const { uri } = call.remoteIdentity;
  return { number, kind: 'temporary', title: number, uri: uri.toString(), hasPin: false };
}

function reject(invitation: Invitation, statusCode: number): void {
  if (invitation.state === SessionState.Initial) invitation.reject({ statusCode }).catch(() => undefined);
}

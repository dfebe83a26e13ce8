import { randomUUID } from 'node:crypto';
import { RoomlineError } from '../errors.js';
import { type NumberRange, proposeNumbers } from './allocation.js';
import type { Room, RoomNumber } from './room.js';
import type { User } from './user.js';

/** How long temporary rooms live and their numbers rest. */
export interface TemporaryRoomLimits {
  /** A room nobody is in, or nobody ever entered, ends after this time; at least 60 s. */
  readonly emptyMs: number;
  /** A room ends at this age whoever is in it. */
  readonly maxAgeMs: number;
  /** A number is not handed out again for this time after its room ended. */
  readonly quarantineMs: number;
}

/** Where the voice server keeps temporary and exclusive rooms. Unique keys decide who was first. */
export interface VoiceServerStore {
  /** The live room of a team; the user who asks is written down as one who may enter, in the same transaction. */
  joinTemporary(team: string, userId: string, now: Date): Promise<Room | undefined>;
  openTemporary(
    room: { number: RoomNumber; team: string; expiresAt: Date },
    userId: string,
    now: Date,
  ): Promise<'opened' | 'number-taken' | 'team-has-room'>;
  findExclusive(ownerId: string): Promise<Room | undefined>;
  openExclusive(room: { number: RoomNumber; ownerId: string }): Promise<'opened' | 'number-taken' | 'owner-has-room'>;
  /** Says whether someone is in a temporary room: an empty one ends `emptyMs` after it became so. */
  setOccupied(number: RoomNumber, occupied: boolean, now: Date): Promise<void>;
  /** Ends temporary rooms that were empty since before `emptyBefore` or are past their age; returns their numbers. */
  endOverdue(emptyBefore: Date, now: Date, freeAt: Date): Promise<RoomNumber[]>;
  /** Frees the numbers whose quarantine is over; returns how many. */
  releaseQuarantined(now: Date): Promise<number>;
  /** Numbers in use or resting, by the kind of range they are of: for metrics. */
  countNumbers(): Promise<Record<Room['kind'], number>>;
}

/** The second server: hands out the numbers of temporary and exclusive rooms. */
export interface VoiceServer {
  /** The team's live room, or a new one; the same for all who ask at once. Without a team a new one is made up. */
  temporaryRoom(asker: Pick<User, 'id' | 'name'>, team?: string): Promise<Room>;
  /** The user's own room, kept for good. */
  exclusiveRoom(owner: Pick<User, 'id' | 'name' | 'displayName'>): Promise<Room>;
}

export function createVoiceServer(options: {
  store: VoiceServerStore;
  temporaryNumbers: NumberRange;
  exclusiveNumbers: NumberRange;
  limits: TemporaryRoomLimits;
  now?: () => Date;
}): VoiceServer {
  const { store, temporaryNumbers, exclusiveNumbers, limits, now = () => new Date() } = options;

  return {
    async temporaryRoom(asker, team = randomUUID()) {
      for (const number of proposeNumbers(temporaryNumbers)) {
        const at = now();
        const live = await store.joinTemporary(team, asker.id, at);
        if (live !== undefined) return live;
        const expiresAt = new Date(at.getTime() + limits.maxAgeMs);
        if ((await store.openTemporary({ number, team, expiresAt }, asker.id, at)) === 'opened') {
          return { number, kind: 'temporary', title: team, team, expiresAt, hasPin: false };
        }
      }
      throw exhausted('temporary', temporaryNumbers);
    },

    async exclusiveRoom(owner) {
      for (const number of proposeNumbers(exclusiveNumbers)) {
        const own = await store.findExclusive(owner.id);
        if (own !== undefined) return own;
        if ((await store.openExclusive({ number, ownerId: owner.id })) === 'opened') {
          return { number, kind: 'exclusive', title: owner.displayName, ownerId: owner.id, hasPin: false };
        }
      }
      throw exhausted('exclusive', exclusiveNumbers);
    },
  };
}

function exhausted(kind: string, { from, to }: NumberRange): RoomlineError {
  return new RoomlineError('unavailable', `no free ${kind} room number found between ${from} and ${to}`, {
    code: 'numbers-exhausted',
    retryAfterSeconds: 60,
  });
}

import { randomUUID } from 'node:crypto';
import { RoomlineError } from '../errors.js';
import { freeNumbers, type NumberRange } from './allocation.js';
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
  /**
   * The live room of a team, from now on seen at `now`; the user who asks is written down as one who may enter. One
   * past its age ends instead, and its number rests until `freeAt`.
   */
  joinTemporary(team: string, userId: string, now: Date, freeAt: Date): Promise<Room | undefined>;
  openTemporary(
    room: { number: RoomNumber; team: string; expiresAt: Date },
    userId: string,
    now: Date,
  ): Promise<'opened' | 'number-taken' | 'team-has-room'>;
  findExclusive(ownerId: string): Promise<Room | undefined>;
  openExclusive(
    room: { number: RoomNumber; ownerId: string },
    now: Date,
  ): Promise<'opened' | 'number-taken' | 'owner-has-room'>;
  /** Those of the numbers that are in use or rest. */
  takenAmong(numbers: readonly RoomNumber[]): Promise<ReadonlySet<RoomNumber>>;
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
  const takenAmong = (numbers: readonly RoomNumber[]) => store.takenAmong(numbers);

  async function liveRoom(team: string, userId: string): Promise<Room | undefined> {
    const at = now();
    return store.joinTemporary(team, userId, at, new Date(at.getTime() + limits.quarantineMs));
  }

  return {
    async temporaryRoom(asker, team = randomUUID()) {
      checkTeam(team);
      const live = await liveRoom(team, asker.id);
      if (live !== undefined) return live;
      for await (const number of freeNumbers(temporaryNumbers, takenAmong)) {
        const at = now();
        const expiresAt = new Date(at.getTime() + limits.maxAgeMs);
        const outcome = await store.openTemporary({ number, team, expiresAt }, asker.id, at);
        if (outcome === 'opened') return { number, kind: 'temporary', title: team, team, expiresAt, hasPin: false };
        const faster = outcome === 'team-has-room' ? await liveRoom(team, asker.id) : undefined;
        if (faster !== undefined) return faster;
      }
      throw numbersExhausted('temporary', temporaryNumbers);
    },

    async exclusiveRoom(owner) {
      const own = await store.findExclusive(owner.id);
      if (own !== undefined) return own;
      for await (const number of freeNumbers(exclusiveNumbers, takenAmong)) {
        const outcome = await store.openExclusive({ number, ownerId: owner.id }, now());
        if (outcome === 'opened') {
          return { number, kind: 'exclusive', title: owner.displayName, ownerId: owner.id, hasPin: false };
        }
        const earlier = outcome === 'owner-has-room' ? await store.findExclusive(owner.id) : undefined;
        if (earlier !== undefined) return earlier;
      }
      throw numbersExhausted('exclusive', exclusiveNumbers);
    },
  };
}

const LONGEST_TEAM = 128;

/** Identifiers compare exactly, so nothing may be in one that a database or a screen leaves out. */
function checkTeam(team: string): void {
  const length = [...team].length;
  if (length >= 1 && length <= LONGEST_TEAM && !/[\p{Cc}\p{Cs}]/u.test(team)) return;
  throw new RoomlineError(
    'invalid',
    `team has ${length} characters or one that is a control character: give it 1 to ${LONGEST_TEAM} that are none`,
    { code: 'bad-team' },
  );
}

export function numbersExhausted(kind: string, { from, to }: NumberRange): RoomlineError {
  return new RoomlineError('unavailable', `no free ${kind} room number found between ${from} and ${to}`, {
    code: 'numbers-exhausted',
    retryAfterSeconds: 60,
  });
}

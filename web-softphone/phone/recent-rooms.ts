import type { CallView } from './call-view.js';
import type { RoomFacts } from './room-view.js';

/** A temporary room, or somebody else's, that the user has been in: nothing else leads back there. */
export interface RecentRoom {
  readonly number: string;
  readonly kind: RoomFacts['kind'];
  readonly title: string;
  /** The temporary team's identifier, for those who asked for its room. */
  readonly team?: string;
  readonly expiresAt?: string;
}

const MOST_KEPT = 4;

/** What is kept of all users of this browser, as JSON; what cannot be read is forgotten. */
interface Kept extends RecentRoom {
  readonly user: string;
}

/** Those of a user that may still be there, the last one first. */
export function readRecentRooms(text: string | undefined, user: string, nowMs: number): readonly RecentRoom[] {
  return readAll(text)
    .filter((room) => room.user === user && !isOver(room, nowMs))
    .map(({ user: _, ...room }) => room);
}

export function rememberRoom(text: string | undefined, user: string, room: RecentRoom): string {
  const others = withoutRoom(readAll(text), user, room.number).filter((kept) => !isSameTeam(kept, user, room));
  const mine = others.filter((kept) => kept.user === user).slice(0, MOST_KEPT - 1);
  const kept = [{ ...room, user }, ...mine, ...others.filter((one) => one.user !== user)];
  return JSON.stringify(kept.slice(0, MOST_KEPT * 4));
}

export function forgetRoom(text: string | undefined, user: string, number: string): string {
  return JSON.stringify(withoutRoom(readAll(text), user, number));
}

/** What is kept once the user came into a room, or found it gone. */
export function afterVisit(
  text: string | undefined,
  user: string,
  { room, number, problem, way }: Pick<CallView, 'room' | 'number' | 'problem' | 'way'>,
): string | undefined {
  if (room === undefined) {
    const isGone = problem?.code === 'no-such-room' || problem?.code === 'not-allowed';
    return isGone && number !== undefined ? forgetRoom(text, user, number) : text;
  }
  const { kind, title, team, expiresAt } = room;
  // A group's room and one's own are in the lobby anyway.
  if (kind === 'group' || (kind === 'exclusive' && way === 'request')) return text;
  return rememberRoom(text, user, {
    ...{ number: room.number, kind, title },
    ...(way === 'request' && team !== undefined ? { team } : {}),
    ...(expiresAt === undefined ? {} : { expiresAt }),
  });
}

function withoutRoom(kept: readonly Kept[], user: string, number: string): readonly Kept[] {
  return kept.filter((room) => room.user !== user || room.number !== number);
}

/** A team whose room ended gets another number. */
function isSameTeam(kept: Kept, user: string, { team }: RecentRoom): boolean {
  return team !== undefined && kept.team === team && kept.user === user;
}

function isOver({ expiresAt }: RecentRoom, nowMs: number): boolean {
  return expiresAt !== undefined && Date.parse(expiresAt) <= nowMs;
}

function readAll(text: string | undefined): readonly Kept[] {
  try {
    const value = JSON.parse(text ?? '[]') as unknown;
    return Array.isArray(value) ? value.filter(isKept) : [];
  } catch {
    return [];
  }
}

function isKept(value: unknown): value is Kept {
  if (typeof value !== 'object' || value === null) return false;
  const { user, number, kind, title } = value as Partial<Record<keyof Kept, unknown>>;
  return [user, number, kind, title].every((fact) => typeof fact === 'string');
}

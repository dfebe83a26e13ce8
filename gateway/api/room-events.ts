import type { ServerResponse } from 'node:http';
import type { Router } from '@koa/router';
import { RoomlineError } from '../errors.js';
import type { Log } from '../log.js';
import type { Directory } from '../rooms/directory.js';
import type { RoomNumber } from '../rooms/room.js';
import type { Roster, RosterEvents } from '../rooms/roster.js';
import type { Addresses } from './addresses.js';
import type { Asker, Auth } from './auth.js';
import { accessRoom } from './room-access.js';
import { presentParticipant, presentRoom } from './rooms.js';

/** A reader who lets so much pile up is not reading. */
const MOST_UNREAD_BYTES = 262_144;
const DEFAULT_HEARTBEAT_MS = 15_000;

interface EventStream {
  readonly response: ServerResponse;
  /** False once the reader's token has expired or the room is no longer theirs. */
  isAllowed(): Promise<boolean>;
}

/** The open event streams of all rooms. Every event is written out once, whoever many read it. */
export class RoomEventStreams {
  readonly #streams = new Map<RoomNumber, Set<EventStream>>();
  readonly #stopListening: () => void;
  readonly #heartbeat: NodeJS.Timeout;
  readonly #log: Log;

  constructor(deps: { roster: Roster; log: Log; heartbeatMs?: number }) {
    this.#log = deps.log;
    this.#stopListening = deps.roster.events.onAny((name, event) => {
      const text = present(name, event);
      if (text !== undefined) this.#broadcast(event.room, text);
    });
    this.#heartbeat = setInterval(() => void this.#beat(), deps.heartbeatMs ?? DEFAULT_HEARTBEAT_MS);
    this.#heartbeat.unref();
  }

  get count(): number {
    let count = 0;
    for (const streams of this.#streams.values()) count += streams.size;
    return count;
  }

  /** Sends the room as it is, then what happens in it, until the reader goes. */
  open(room: RoomNumber, snapshot: unknown, stream: EventStream): void {
    const streams = this.#streams.get(room) ?? new Set<EventStream>();
    this.#streams.set(room, streams);
    streams.add(stream);
    stream.response.on('close', () => {
      streams.delete(stream);
      if (streams.size === 0 && this.#streams.get(room) === streams) this.#streams.delete(room);
    });
    write(stream.response, formatEvent('room', snapshot));
  }

  close(): void {
    this.#stopListening();
    clearInterval(this.#heartbeat);
    for (const streams of this.#streams.values()) {
      for (const { response } of streams) response.end();
    }
  }

  #broadcast(room: RoomNumber, text: string): void {
    for (const { response } of this.#streams.get(room) ?? []) write(response, text);
  }

  /** A comment keeps proxies from closing the line, and finds out readers who are gone. */
  async #beat(): Promise<void> {
    for (const stream of [...this.#streams.values()].flatMap((streams) => [...streams])) {
      write(stream.response, ':\n\n');
      try {
        if (!(await stream.isAllowed())) stream.response.end();
      } catch (error) {
        // Not knowing is no reason to send anyone away: the next beat asks again.
        this.#log.warn({ err: error }, 'could not check an event stream');
      }
    }
  }
}

export function addRoomEvents(
  router: Router,
  deps: { auth: Auth; directory: Directory; roster: Roster; addresses: Addresses; streams: RoomEventStreams },
): void {
  const { addresses, auth, directory, roster, streams } = deps;

  async function isAllowed(ctx: Parameters<Auth['askerOf']>[0], number: RoomNumber): Promise<boolean> {
    try {
      const { user }: Asker = await auth.askerOf(ctx);
      await accessRoom(directory, number, user);
      return true;
    } catch (error) {
      const gone = ['unauthenticated', 'forbidden', 'not-found'];
      if (error instanceof RoomlineError && gone.includes(error.kind)) return false;
      throw error;
    }
  }

  router.get(
    '/v1/rooms/:number/events',
    auth.guard(async (ctx, { user }) => {
      const { room } = await accessRoom(directory, ctx.params.number ?? '', user);
      ctx.set({
        'Content-Type': 'text/event-stream',
        'Cache-Control': 'no-store, no-transform',
        'X-Accel-Buffering': 'no',
      });
      ctx.status = 200;
      if (ctx.method === 'HEAD') return;
      ctx.respond = false;
      const response = ctx.res;
      response.flushHeaders();
      const snapshot = presentRoom(room, roster.participants(room.number), addresses);
      streams.open(room.number, snapshot, { response, isAllowed: () => isAllowed(ctx, room.number) });
    }),
  );
}

function present<Name extends keyof RosterEvents>(name: Name, event: RosterEvents[Name]): string | undefined {
  if ('participant' in event) {
    const participant = presentParticipant(event.participant);
    return formatEvent(name, { ...event, participant });
  }
  return 'digit' in event ? formatEvent(name, event) : undefined;
}

function formatEvent(name: string, data: unknown): string {
  return `event: ${name}\ndata: ${JSON.stringify(data)}\n\n`;
}

function write(response: ServerResponse, text: string): void {
  if (response.destroyed || response.writableEnded) return;
  if (response.writableLength > MOST_UNREAD_BYTES) response.destroy();
  else response.write(text);
}

import type { ServerResponse } from 'node:http';
import { z } from 'zod';
import { RoomlineError } from '../errors.js';
import type { Log } from '../log.js';
import type { AccessEventBus, AccessEvents } from '../rooms/access-events.js';
import type { RoomFinder, RoomNumber } from '../rooms/room.js';
import type { Roster, RosterEvents } from '../rooms/roster.js';
import type { Addresses } from './addresses.js';
import type { Auth } from './auth.js';
import { accessRoom } from './room-access.js';
import { presentInvitation, presentLiveRoom, presentParticipant } from './room-view.js';
import { ANSWERED, type Route, route } from './route.js';
import { roomParameter } from './schemas.js';

/** A reader who lets so much pile up is not reading. */
const MOST_UNREAD_BYTES = 262_144;
const DEFAULT_HEARTBEAT_MS = 15_000;

interface EventStream {
  readonly response: ServerResponse;
  readonly userId: string;
  /** False once the reader's token has expired or the room is no longer theirs. */
  isAllowed(): Promise<boolean>;
}

/** The open event streams of all rooms. Every event is written out once, whoever many read it. */
export class RoomEventStreams {
  readonly #streams = new Map<RoomNumber, Set<EventStream>>();
  readonly #stopListening: readonly (() => void)[];
  readonly #heartbeat: NodeJS.Timeout;
  readonly #log: Log;

  constructor(deps: { roster: Roster; accessEvents: AccessEventBus; log: Log; heartbeatMs?: number }) {
    this.#log = deps.log;
    this.#stopListening = [
      deps.roster.events.onAny((name, event) => {
        const text = present(name, event);
        if (text !== undefined) this.#broadcast(event.room, text);
      }),
      deps.accessEvents.onAny((_name, event) => void this.#recheck(event)),
      deps.accessEvents.on('room.ended', (event) => this.#endRoom(event)),
    ];
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
    for (const stop of this.#stopListening) stop();
    clearInterval(this.#heartbeat);
    for (const streams of this.#streams.values()) {
      for (const { response } of streams) response.end();
    }
  }

  /** The room is no longer there under this number: its readers hear why, and that is the last they hear. */
  #endRoom({ room, cause }: AccessEvents['room.ended']): void {
    this.#broadcast(room, formatEvent('room.closed', { room, cause }));
    for (const { response } of this.#streams.get(room) ?? []) response.end();
  }

  /** Whoever may have lost a room loses its stream at once, not at the next beat. */
  async #recheck(event: AccessEvents[keyof AccessEvents]): Promise<void> {
    if (!('userId' in event)) return;
    const concerned = this.#all().filter(({ userId }) => userId === event.userId);
    await Promise.all(concerned.map((stream) => this.#endUnlessAllowed(stream)));
  }

  #all(): EventStream[] {
    return [...this.#streams.values()].flatMap((streams) => [...streams]);
  }

  async #endUnlessAllowed(stream: EventStream): Promise<void> {
    try {
      if (!(await stream.isAllowed())) stream.response.end();
    } catch (error) {
      // Not knowing is no reason to send anyone away: the next beat asks again.
      this.#log.warn({ err: error }, 'could not check an event stream');
    }
  }

  #broadcast(room: RoomNumber, text: string): void {
    for (const { response } of this.#streams.get(room) ?? []) write(response, text);
  }

  /** A comment keeps proxies from closing the line, and finds out readers who are gone. */
  async #beat(): Promise<void> {
    for (const stream of this.#all()) {
      write(stream.response, ':\n\n');
      await this.#endUnlessAllowed(stream);
    }
  }
}

export function roomEventRoutes(deps: {
  auth: Auth;
  rooms: RoomFinder;
  roster: Roster;
  addresses: Addresses;
  streams: RoomEventStreams;
  announceJoins: boolean;
}): Route[] {
  const { auth, streams } = deps;

  async function isAllowed(ctx: Parameters<Auth['admit']>[0], number: RoomNumber): Promise<boolean> {
    try {
      const { user } = await auth.admit(ctx, 'rooms');
      await accessRoom(deps, number, user);
      return true;
    } catch (error) {
      const gone = ['unauthenticated', 'forbidden', 'not-found', 'invalid'];
      if (error instanceof RoomlineError && gone.includes(error.kind)) return false;
      throw error;
    }
  }

  return [
    route({
      method: 'get',
      path: '/v1/rooms/:number/events',
      tag: 'Rooms',
      summary: 'Follow what happens in a room',
      description:
        'Server-Sent Events: `room` first, then `participant.joined`, `participant.updated`, `participant.left`, ' +
        '`participant.digit`, `room.locked`, `invitation.updated` and `room.closed`. Ends when the reader may not ' +
        'enter the room any more.',
      access: 'rooms',
      params: { number: roomParameter },
      responses: {
        200: { description: 'A stream without an end.', body: z.string(), contentType: 'text/event-stream' },
      },
      errors: [403],
      async handle({ ctx, caller: { user }, params: { number } }) {
        const access = await accessRoom(deps, number, user);
        ctx.set({
          'Content-Type': 'text/event-stream',
          'Cache-Control': 'no-store, no-transform',
          'X-Accel-Buffering': 'no',
        });
        ctx.status = 200;
        if (ctx.method === 'HEAD') return ANSWERED;
        ctx.respond = false;
        const response = ctx.res;
        response.flushHeaders();
        const snapshot = presentLiveRoom({ ...deps, access, user });
        streams.open(number, snapshot, { response, userId: user.id, isAllowed: () => isAllowed(ctx, number) });
        return ANSWERED;
      },
    }),
  ];
}

function present<Name extends keyof RosterEvents>(name: Name, event: RosterEvents[Name]): string | undefined {
  if ('participant' in event) {
    const participant = presentParticipant(event.participant);
    return formatEvent(name, { ...event, participant });
  }
  if ('invitation' in event) {
    const { room, invitation } = event;
    return formatEvent(name, { room, invitation: presentInvitation(invitation) });
  }
  return 'digit' in event || 'locked' in event ? formatEvent(name, event) : undefined;
}

function formatEvent(name: string, data: unknown): string {
  return `event: ${name}\ndata: ${JSON.stringify(data)}\n\n`;
}

function write(response: ServerResponse, text: string): void {
  if (response.destroyed || response.writableEnded) return;
  if (response.writableLength > MOST_UNREAD_BYTES) response.destroy();
  else response.write(text);
}

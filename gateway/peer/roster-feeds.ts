import type { ServerResponse } from 'node:http';
import type { AccessEventBus } from '../rooms/access-events.js';
import type { Roster } from '../rooms/roster.js';
import { type Hello, lineOf } from './protocol.js';

/** A directory that lets so much pile up is not reading. */
const MOST_UNREAD_BYTES = 4 * 1024 * 1024;

export interface RosterFeedsOptions {
  readonly roster: Roster;
  readonly accessEvents: AccessEventBus;
  readonly beatMs: number;
  /** What directories are told of this voice server. */
  about(): Pick<Hello, 'wsUrl' | 'sipHost' | 'sipPort' | 'takesCalls'>;
}

/** Tells every directory that listens who is in which room and who lost access, a line of JSON for each change. */
export class RosterFeeds {
  readonly #options: RosterFeedsOptions;
  readonly #responses = new Set<ServerResponse>();
  readonly #stopListening: readonly (() => void)[];
  readonly #beat: NodeJS.Timeout;
  #toldTakesCalls: boolean;

  constructor(options: RosterFeedsOptions) {
    this.#options = options;
    this.#toldTakesCalls = options.about().takesCalls;
    this.#stopListening = [
      options.roster.events.onAny((name, event) => {
        const line = this.#responses.size === 0 ? undefined : lineOf(name, event);
        if (line !== undefined) this.#broadcast(`${JSON.stringify(line)}\n`);
      }),
      // Those of other directories and of the command line, too: here they all come by.
      options.accessEvents.onAny((name, event) => {
        this.#broadcast(`${JSON.stringify({ access: { name, event } })}\n`);
      }),
    ];
    this.#beat = setInterval(() => {
      this.tellState();
      this.#broadcast('\n');
    }, options.beatMs);
    this.#beat.unref();
  }

  get count(): number {
    return this.#responses.size;
  }

  open(response: ServerResponse): void {
    // Those who listen already hear what the newcomer is about to.
    this.tellState();
    this.#responses.add(response);
    response.on('close', () => this.#responses.delete(response));
    write(response, `${JSON.stringify({ hello: this.#hello() })}\n`);
  }

  /** Says at once whether calls are taken, where that changed. */
  tellState(): void {
    const { takesCalls } = this.#options.about();
    if (takesCalls === this.#toldTakesCalls) return;
    this.#toldTakesCalls = takesCalls;
    this.#broadcast(`${JSON.stringify({ state: { takesCalls } })}\n`);
  }

  close(): void {
    for (const stop of this.#stopListening) stop();
    clearInterval(this.#beat);
    for (const response of this.#responses) response.end();
  }

  #hello() {
    const { roster, beatMs } = this.#options;
    const rooms = roster.rooms().map((number) => ({
      number,
      locked: roster.isLocked(number),
      participants: roster.participants(number),
    }));
    return { ...this.#options.about(), beatMs, rooms };
  }

  #broadcast(text: string): void {
    for (const response of this.#responses) write(response, text);
  }
}

function write(response: ServerResponse, text: string): void {
  if (response.destroyed || response.writableEnded) return;
  if (response.writableLength > MOST_UNREAD_BYTES) response.destroy();
  else response.write(text);
}

import { createInterface } from 'node:readline';
import { Readable } from 'node:stream';
import { setTimeout as delay } from 'node:timers/promises';
import type { Log } from '../log.js';
import type { RoomNumber } from '../rooms/room.js';
import type { LeaveCause, Participant, Roster } from '../rooms/roster.js';
import type { NamedAccessEvent } from './access-event.js';
import { BEATS_MISSED } from './heartbeats.js';
import type { PeerClient } from './peer-client.js';
import { type Hello, hello, type RosterLine, rosterLine } from './protocol.js';

const FIRST_PAUSE_MS = 100;
const LONGEST_PAUSE_MS = 2_000;
const HELLO_TIMEOUT_MS = 3_000;

export interface VoiceServerLinkOptions {
  readonly id: string;
  readonly client: PeerClient;
  /** Holds the participants of every voice server that is linked. */
  readonly roster: Roster;
  readonly log: Log;
  /** Somebody lost access, as the voice server knows. */
  lost(event: NamedAccessEvent): void;
}

/**
 * A directory's line to one voice server: as long as it is up, the roster here is the roster there. It is opened
 * again until it is closed; what the roster holds meanwhile is what was known last.
 */
export class VoiceServerLink {
  readonly id: string;
  readonly client: PeerClient;
  readonly #options: VoiceServerLinkOptions;
  readonly #closing = new AbortController();
  readonly #participants = new Set<string>();
  readonly #running: Promise<void>;
  #about: Hello | undefined;

  constructor(options: VoiceServerLinkOptions) {
    this.#options = options;
    this.id = options.id;
    this.client = options.client;
    this.#running = this.#run();
  }

  /** What the voice server says of itself; undefined while the line is down. */
  get about(): Hello | undefined {
    return this.#about;
  }

  holds(participantId: string): boolean {
    return this.#participants.has(participantId);
  }

  /** Gives the voice server up: whoever is still in its rooms is no more, as far as is known here. */
  async close(): Promise<void> {
    this.#closing.abort();
    await this.#running;
    for (const id of [...this.#participants]) this.#leave(id, 'failed');
  }

  async #run(): Promise<void> {
    const { log } = this.#options;
    const { signal } = this.#closing;
    let pauseMs = FIRST_PAUSE_MS;
    let level: 'warn' | 'debug' = 'warn';
    while (!signal.aborted) {
      try {
        await this.#follow();
        pauseMs = FIRST_PAUSE_MS;
      } catch (error) {
        // Said once: the first failure tells of a wrong key or address, those after it nothing new.
        if (!signal.aborted) log[level]({ err: error, voiceServer: this.client.url }, 'link to voice server failed');
        level = 'debug';
      }
      if (this.#about !== undefined) {
        pauseMs = FIRST_PAUSE_MS;
        level = 'warn';
        this.#about = undefined;
        if (!signal.aborted) log.warn({ voiceServer: this.client.url }, 'link to voice server lost');
      }
      await delay(pauseMs * (0.5 + Math.random()), undefined, { signal }).catch(() => undefined);
      pauseMs = Math.min(pauseMs * 2, LONGEST_PAUSE_MS);
    }
  }

  /** Reads one stream to its end. */
  async #follow(): Promise<void> {
    const abort = new AbortController();
    const signal = AbortSignal.any([abort.signal, this.#closing.signal]);
    const timer = new SilenceTimer(HELLO_TIMEOUT_MS, () => abort.abort(new Error('the voice server went silent')));
    try {
      const stream = await this.client.open('/roster', signal);
      for await (const line of createInterface({ input: Readable.fromWeb(stream, { signal }) })) {
        if (line !== '') this.#take(JSON.parse(line));
        if (this.#about !== undefined) timer.heard(this.#about.beatMs * BEATS_MISSED);
      }
    } finally {
      timer.stop();
      abort.abort();
    }
  }

  #take(line: unknown): void {
    if (this.#about === undefined) {
      const about = hello.parse(line).hello;
      this.#reconcile(about);
      this.#about = about;
      this.#options.log.info({ voiceServer: this.client.url }, 'linked to voice server');
      return;
    }
    const known = rosterLine.safeParse(line);
    if (known.success) this.#apply(known.data);
  }

  #apply(line: RosterLine): void {
    const { roster } = this.#options;
    if ('joined' in line) this.#put(line.joined.room, line.joined.participant);
    else if ('updated' in line) this.#put(line.updated.room, line.updated.participant);
    else if ('left' in line) this.#leave(line.left.participant.id, line.left.cause);
    else if ('digit' in line) roster.digit(line.digit.participantId, line.digit.digit, line.digit.durationMs);
    else if ('invitation' in line) roster.events.emit('invitation.updated', line.invitation);
    else if ('locked' in line) roster.setLocked(line.locked.room, line.locked.locked);
    else if ('access' in line) this.#options.lost(line.access);
    else if (this.#about !== undefined) this.#about = { ...this.#about, takesCalls: line.state.takesCalls };
  }

  /** Makes the roster here what it is there, whatever was missed. */
  #reconcile({ rooms }: Hello): void {
    const there = new Set(rooms.flatMap(({ participants }) => participants.map(({ id }) => id)));
    for (const id of [...this.#participants]) if (!there.has(id)) this.#leave(id, 'left');
    for (const { number, locked, participants } of rooms) {
      for (const participant of participants) this.#put(number, participant);
      this.#options.roster.setLocked(number, locked);
    }
  }

  #put(room: RoomNumber, participant: Participant): void {
    const { roster } = this.#options;
    const present = roster.find(participant.id);
    if (present === undefined) {
      this.#participants.add(participant.id);
      roster.join(room, participant);
    } else {
      const { muted, talking, held, role, name, handRaised } = participant;
      roster.update(participant.id, { muted, talking, held, role, name, handRaised });
    }
  }

  #leave(id: string, cause: LeaveCause): void {
    this.#participants.delete(id);
    this.#options.roster.leave(id, cause);
  }
}

/** Fires once nothing was heard for a while. */
class SilenceTimer {
  #timer: NodeJS.Timeout;
  readonly #onSilence: () => void;

  constructor(ms: number, onSilence: () => void) {
    this.#onSilence = onSilence;
    this.#timer = setTimeout(onSilence, ms);
  }

  heard(nextWithinMs: number): void {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(this.#onSilence, nextWithinMs);
  }

  stop(): void {
    clearTimeout(this.#timer);
  }
}

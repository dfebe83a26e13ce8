import type { Log } from '../log.js';
import type { AccessEventBus } from '../rooms/access-events.js';
import type { ReadyVoiceServer } from '../rooms/ready-voice-server.js';
import type { Roster } from '../rooms/roster.js';
import type { VoiceServerBeat, VoiceServerRegistry } from '../rooms/voice-servers.js';
import { emitAccessEvent, type NamedAccessEvent } from './access-event.js';
import { BEATS_MISSED } from './heartbeats.js';
import { createPeerClient } from './peer-client.js';
import { VoiceServerLink } from './voice-server-link.js';

export interface VoiceServerLinksOptions {
  readonly registry: VoiceServerRegistry;
  readonly key: string;
  readonly heartbeatMs: number;
  /** Where the voice server is reached, whatever it says itself; null believes it. */
  readonly url: string | null;
  readonly roster: Roster;
  readonly accessEvents: AccessEventBus;
  readonly log: Log;
}

/**
 * A directory's lines to all voice servers whose heartbeats are fresh. One is ready that takes calls and to which
 * the line is up: so that one that was killed is not waited for until its heartbeats grow old.
 */
export class VoiceServerLinks {
  readonly #options: VoiceServerLinksOptions;
  readonly #links = new Map<string, VoiceServerLink>();
  readonly #timer: NodeJS.Timeout;
  #looking: Promise<void> | undefined;
  #closed = false;
  #emitting = false;

  constructor(options: VoiceServerLinksOptions) {
    this.#options = options;
    this.#timer = setInterval(() => void this.look(), options.heartbeatMs);
    this.#timer.unref();
  }

  /** Voice servers that take calls, the one that has run longest first: it is the one that gets them. */
  ready(): VoiceServerLink[] {
    return this.linked().filter(({ about }) => about?.takesCalls === true);
  }

  /** Those the line to is up, calls or no calls. */
  linked(): VoiceServerLink[] {
    return this.all().filter(({ about }) => about !== undefined);
  }

  /** All that have not been given up. */
  all(): VoiceServerLink[] {
    return [...this.#links.values()].sort(byAge);
  }

  /** The same for those who only send callers there. */
  addresses(): ReadyVoiceServer[] {
    return this.ready().flatMap(({ id, about }) =>
      about === undefined ? [] : [{ id, wsUrl: about.wsUrl, sipHost: about.sipHost, sipPort: about.sipPort }],
    );
  }

  /** True while an event is emitted that came from a voice server: it need not be told of it. */
  get emitting(): boolean {
    return this.#emitting;
  }

  /** Where a participant's call is. */
  linkOf(participantId: string): VoiceServerLink | undefined {
    return [...this.#links.values()].find((link) => link.holds(participantId));
  }

  /** Looks at the heartbeats: opens lines to those who are new, gives up those whose beats are old. */
  look(): Promise<void> {
    this.#looking ??= this.#look().finally(() => {
      this.#looking = undefined;
    });
    return this.#looking;
  }

  async close(): Promise<void> {
    this.#closed = true;
    clearInterval(this.#timer);
    await this.#looking;
    await Promise.all([...this.#links.values()].map((link) => link.close()));
    this.#links.clear();
  }

  async #look(): Promise<void> {
    const { heartbeatMs, log, registry } = this.#options;
    let alive: VoiceServerBeat[];
    try {
      alive = await registry.ready(new Date(Date.now() - BEATS_MISSED * heartbeatMs));
    } catch (error) {
      // Without a database nothing is answered anyway; the lines that are up tell more than none.
      log.warn({ err: error }, 'could not read the heartbeats of voice servers');
      return;
    }
    if (this.#closed) return;
    const ids = new Set(alive.map(({ id }) => id));
    for (const [id, link] of this.#links) {
      if (!ids.has(id)) this.#drop(link);
    }
    for (const beat of alive) if (!this.#links.has(beat.id)) this.#open(beat);
  }

  #open({ id, url }: VoiceServerBeat): void {
    const { key, log, roster } = this.#options;
    const client = createPeerClient({ url: this.#options.url ?? url, key });
    const link = new VoiceServerLink({
      id,
      client,
      roster,
      log,
      lost: (event) => this.#emit(event),
    });
    this.#links.set(id, link);
  }

  #drop(link: VoiceServerLink): void {
    this.#links.delete(link.id);
    void link.close();
  }

  #emit(event: NamedAccessEvent): void {
    this.#emitting = true;
    emitAccessEvent(this.#options.accessEvents, event);
    this.#emitting = false;
  }
}

/** Ids begin with the time of the start. */
function byAge(one: VoiceServerLink, other: VoiceServerLink): number {
  return one.id < other.id ? -1 : 1;
}

import type { ApiParticipant } from './api-client.js';
import { eventually } from './eventually.js';

export interface RoomEvent {
  readonly name: string;
  readonly data: {
    readonly participant?: ApiParticipant;
    readonly participantId?: string;
    readonly digit?: string;
    readonly cause?: string;
  };
}

/** A room's Server-Sent Events, kept as they come. */
export class RoomEvents {
  readonly seen: RoomEvent[] = [];
  readonly #abort: AbortController;
  #failure: Error | undefined;

  static async open(url: string, token: string): Promise<RoomEvents> {
    const abort = new AbortController();
    const response = await fetch(url, { headers: { authorization: `Bearer ${token}` }, signal: abort.signal });
    if (response.status !== 200 || response.body === null) {
      abort.abort();
      throw new Error(`the event stream ${url} answered ${response.status}`);
    }
    const events = new RoomEvents(abort);
    void events.#read(response.body);
    await events.find('the snapshot', (event) => event.name === 'room');
    return events;
  }

  private constructor(abort: AbortController) {
    this.#abort = abort;
  }

  /** The first event that matches, of those that came or come. */
  async find(what: string, matches: (event: RoomEvent) => boolean, deadlineMs?: number): Promise<RoomEvent> {
    const look = () => {
      if (this.#failure !== undefined) throw this.#failure;
      return this.seen.find(matches);
    };
    const found = await eventually(`${what} in the event stream`, look, (event) => event !== undefined, deadlineMs);
    if (found === undefined) throw new Error(`${what} did not come`);
    return found;
  }

  /** How often an event came; of one user where one is named. */
  count(name: string, user?: string): number {
    return this.seen.filter(
      (event) => event.name === name && (user === undefined || event.data.participant?.user === user),
    ).length;
  }

  close(): void {
    this.#abort.abort();
  }

  async #read(body: ReadableStream<Uint8Array>): Promise<void> {
    const decoder = new TextDecoder();
    let text = '';
    try {
      for await (const chunk of body) {
        text += decoder.decode(chunk, { stream: true });
        for (let end = text.indexOf('\n\n'); end >= 0; end = text.indexOf('\n\n')) {
          this.#take(text.slice(0, end));
          text = text.slice(end + 2);
        }
      }
    } catch (error) {
      if (!this.#abort.signal.aborted) this.#failure = error as Error;
    }
  }

  #take(block: string): void {
    const field = (name: string) => new RegExp(`^${name}: ?(.*)$`, 'm').exec(block)?.[1];
    const data = field('data');
    if (data !== undefined) this.seen.push({ name: field('event') ?? 'message', data: JSON.parse(data) });
  }
}

import type { Log } from '../log.js';
import type { Media } from '../media/media.js';
import type { ContactBinding } from '../rooms/contact-binding.js';
import type { LeaveCause } from '../rooms/roster.js';
import { Call, type CallOptions } from './call.js';

export type CallsOptions = { media: Media; log: Log } & Pick<
  CallOptions,
  'minSessionSeconds' | 'optionsIntervalMs' | 'optionsTimeoutMs'
>;

/** What is known of a call before it is made. */
export interface NewCall extends Pick<CallOptions, 'id' | 'origin'> {
  /** The id of whose phone it is; absent for a caller nobody knows. */
  readonly ownerId?: string;
  readonly log?: Log;
}

/** All calls, in a room or in none: hands each what media says of it, and ends them all when we end. */
export class Calls {
  readonly #options: CallsOptions;
  readonly #calls = new Map<string, Call>();
  /** How many calls there are to each phone, by user and address. */
  readonly #phones = new Map<string, number>();
  /** Calls that are over and still say BYE or close their media. */
  readonly #closing = new Set<Promise<void>>();
  readonly #unsubscribe: (() => void)[];

  constructor(options: CallsOptions) {
    this.#options = options;
    const { events } = options.media;
    this.#unsubscribe = [
      events.on('digit', ({ leg, digit, durationMs }) => this.#calls.get(leg)?.pressed(digit, durationMs)),
      events.on('idle', ({ leg, idle }) => this.#calls.get(leg)?.setIdle(idle)),
      events.on('lost', ({ leg }) => void this.#calls.get(leg)?.end('media-lost')),
    ];
  }

  get size(): number {
    return this.#calls.size;
  }

  create({ id, origin, ownerId, log = this.#options.log }: NewCall): Call {
    const call = new Call({ ...this.#options, id, origin, log });
    const phone = ownerId === undefined ? undefined : phoneKey(ownerId, origin.source.address, origin.source.port);
    this.#calls.set(id, call);
    if (phone !== undefined) this.#phones.set(phone, (this.#phones.get(phone) ?? 0) + 1);
    call.events.on('ended', ({ closed }) => {
      this.#calls.delete(id);
      if (phone !== undefined) this.#release(phone);
      this.#closing.add(closed);
      void closed.then(() => this.#closing.delete(closed));
    });
    return call;
  }

  /** Whether a user is in a call from where a contact binding points. */
  hasCallFrom(binding: ContactBinding): boolean {
    return this.#phones.has(phoneKey(binding.userId, binding.sourceAddress, binding.sourcePort));
  }

  /** Ends every call; resolves when all of them are closed, those included that ended before. */
  async endAll(cause: LeaveCause): Promise<void> {
    for (const call of [...this.#calls.values()]) void call.end(cause);
    while (this.#closing.size > 0) await Promise.all(this.#closing);
  }

  stop(): void {
    for (const unsubscribe of this.#unsubscribe) unsubscribe();
  }

  #release(phone: string): void {
    const count = (this.#phones.get(phone) ?? 0) - 1;
    if (count > 0) this.#phones.set(phone, count);
    else this.#phones.delete(phone);
  }
}

function phoneKey(userId: string, address: string, port: number): string {
  return `${userId} ${address} ${port}`;
}

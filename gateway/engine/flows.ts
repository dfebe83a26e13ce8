import type { Clock, Timer } from './clock.js';
import type { SipUri } from './message/uri.js';
import type { Connection } from './transport/connection.js';

interface Flow {
  readonly connection: Connection;
  readonly expiry: Timer;
}

/** Timers cannot run longer than this; a registration that long is renewed before. */
const MAX_SECONDS = 2_000_000;

/** Over which connection a registered contact can be reached (RFC 5626 section 5.3 in the small). */
export class Flows {
  readonly #clock: Clock;
  readonly #flows = new Map<string, Flow>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  get count(): number {
    return this.#flows.size;
  }

  /** Remembers the connection for so many seconds, in place of an earlier one. A lost connection stays until then. */
  bind(contact: SipUri, connection: Connection, seconds: number): void {
    this.unbind(contact);
    const key = flowKey(contact);
    const expiry = this.#clock.after(Math.min(seconds, MAX_SECONDS) * 1000, () => this.#remove(key));
    connection.hold();
    this.#flows.set(key, { connection, expiry });
  }

  unbind(contact: SipUri): void {
    this.#remove(flowKey(contact));
  }

  /** The connection of a contact, which may be closed by now. */
  find(contact: SipUri): Connection | undefined {
    return this.#flows.get(flowKey(contact))?.connection;
  }

  clear(): void {
    for (const key of [...this.#flows.keys()]) this.#remove(key);
  }

  #remove(key: string): void {
    const flow = this.#flows.get(key);
    if (flow === undefined) return;
    flow.expiry.cancel();
    flow.connection.release();
    this.#flows.delete(key);
  }
}

function flowKey({ user, host, port }: SipUri): string {
  return `${user ?? ''}@${host}:${port ?? ''}`;
}

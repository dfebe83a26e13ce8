import type { SipClient } from './api.js';
import { Line } from './line.js';
import { type Ring, Rings } from './rings.js';
import { Ringtone } from './ringtone.js';
import type { RoomFacts } from './room-view.js';

export interface ReceptionDeps {
  readonly credentials: () => Promise<SipClient>;
  readonly lookUp: (number: string) => Promise<RoomFacts>;
  /** Whether the user is in a room: it rings softer then. */
  readonly inCall: () => boolean;
  readonly onRings: (rings: readonly Ring[]) => void;
  /** Whether invitations reach this page. */
  readonly onReachable: (reachable: boolean) => void;
}

/** The page's line to SIP, and who rings on it. */
export class Reception {
  readonly #deps: ReceptionDeps;
  readonly #ringtone = new Ringtone();
  readonly #rings: Rings;
  /** The user's while they are logged in, else a guest's for one visit. */
  #line: Line | undefined;

  constructor(deps: ReceptionDeps) {
    this.#deps = deps;
    this.#rings = new Rings({ lookUp: deps.lookUp, onChange: (rings) => this.#onRings(rings) });
  }

  /** The line of a user who is logged in. */
  open(): Line {
    if (this.#line !== undefined) return this.#line;
    const line = new Line({
      credentials: this.#deps.credentials,
      onInvite: (call) => this.#rings.add(call),
    });
    this.#line = line;
    line.onState((state) => {
      if (state !== 'open') this.#rings.clear();
      this.#deps.onReachable(state === 'open');
    });
    line.open();
    return line;
  }

  /** A line on which nobody calls. */
  openForGuest(): Line {
    this.close();
    this.#line = new Line({});
    return this.#line;
  }

  close(): void {
    this.#rings.clear();
    this.#line?.close();
    this.#line = undefined;
    this.#deps.onReachable(false);
  }

  networkChanged(): void {
    this.#line?.restart();
  }

  /** Takes a call to answer it: from here on it does not ring. */
  take(id: string): ReturnType<Rings['take']> {
    return this.#rings.take(id);
  }

  decline(id: string): void {
    this.#rings.decline(id);
  }

  #onRings(rings: readonly Ring[]): void {
    if (rings.length === 0) this.#ringtone.stop();
    else this.#ringtone.start({ inCall: this.#deps.inCall() });
    this.#deps.onRings(rings);
  }
}

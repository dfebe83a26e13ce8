/** What a Via says; WSS is WebSocket over TLS (RFC 7118 section 5.2). */
export type Protocol = 'UDP' | 'TCP' | 'WS' | 'WSS';

/** A host and port of ours, as Via and Contact show it. */
export interface LocalAddress {
  readonly host: string;
  readonly port: number;
}

/** One TCP or WebSocket connection. */
export abstract class Connection {
  readonly protocol: Exclude<Protocol, 'UDP'>;
  readonly address: string;
  readonly port: number;
  readonly local: LocalAddress;
  /** Told what a watcher threw, so that the others still hear of the loss. */
  watcherFailed: (error: unknown) => void = () => undefined;
  #open = true;
  #holds = 0;
  readonly #watchers = new Set<() => void>();

  constructor(protocol: Exclude<Protocol, 'UDP'>, address: string, port: number, local: LocalAddress) {
    this.protocol = protocol;
    this.address = address;
    this.port = port;
    this.local = local;
  }

  get open(): boolean {
    return this.#open;
  }

  /** Whether a flow or a dialog needs this connection however long it is silent. */
  get held(): boolean {
    return this.#holds > 0;
  }

  hold(): void {
    this.#holds += 1;
  }

  release(): void {
    this.#holds -= 1;
  }

  /** Calls `gone` once when the connection is lost; returns how to stop that. */
  watch(gone: () => void): () => void {
    this.#watchers.add(gone);
    return () => this.#watchers.delete(gone);
  }

  /** Hands over a whole message; false when the connection is gone. */
  abstract send(bytes: Buffer): boolean;

  /** Cuts it off. */
  abstract close(): void;

  /** Closes it once all is sent, or after a moment. */
  abstract leave(): Promise<void>;

  /** To be called by the kind of connection, once or more often, when it cannot carry anything any more. */
  protected lost(): void {
    if (!this.#open) return;
    this.#open = false;
    const watchers = [...this.#watchers];
    this.#watchers.clear();
    for (const gone of watchers) {
      try {
        gone();
      } catch (error) {
        this.watcherFailed(error);
      }
    }
  }
}

/** Where a message came from or goes to. */
export interface Hop {
  readonly protocol: Protocol;
  readonly address: string;
  readonly port: number;
  /** For all but UDP. */
  readonly connection: Connection | undefined;
}

export function hopOf(connection: Connection): Hop {
  return { protocol: connection.protocol, address: connection.address, port: connection.port, connection };
}

/** Whether a hop delivers by itself, so that nothing is repeated on it. */
export function isReliable(hop: Hop): boolean {
  return hop.protocol !== 'UDP';
}

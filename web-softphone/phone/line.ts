import type { Invitation, UserAgent } from 'sip.js';
import type { SipClient } from './api.js';
import { Connection, type ConnectionState } from './connection.js';
import { mediaFactory } from './media-session.js';
import { delay, ReconnectPolicy } from './reconnect-policy.js';

export interface LineDeps {
  /** Fresh credentials; absent for whoever can get none, such as a guest. */
  readonly credentials?: () => Promise<SipClient>;
  /** Somebody calls. */
  readonly onInvite?: (invitation: Invitation) => void;
}

/** The page's way to SIP while somebody is logged in: rooms are called over it, and invitations come in over it. */
export class Line {
  readonly #deps: LineDeps;
  readonly #listeners = new Set<(state: ConnectionState) => void>();
  readonly #closed = new AbortController();
  #connection: Connection | undefined;
  #client: SipClient | undefined;
  #asking = false;

  constructor(deps: LineDeps) {
    this.#deps = deps;
  }

  get state(): ConnectionState {
    return this.#connection?.state ?? 'idle';
  }

  get userAgent(): UserAgent | undefined {
    return this.#connection?.userAgent;
  }

  /** Returns the function that stops listening. */
  onState(listener: (state: ConnectionState) => void): () => void {
    this.#listeners.add(listener);
    return () => void this.#listeners.delete(listener);
  }

  /** Connects, and comes back by itself until it is closed. Credentials for another server lead there. */
  open(client?: SipClient): void {
    if (this.#closed.signal.aborted) return;
    if (client !== undefined) this.#connect(client);
    else if (this.#connection === undefined) void this.#askForCredentials();
  }

  /** The network changed, or requests get no answer. */
  restart(): void {
    this.#connection?.restart();
  }

  close(): void {
    this.#closed.abort();
    this.#listeners.clear();
    this.#connection?.close();
  }

  async #askForCredentials(): Promise<void> {
    const { credentials } = this.#deps;
    if (this.#asking || credentials === undefined) return;
    this.#asking = true;
    const policy = new ReconnectPolicy({ firstMs: 1_000, maxMs: 15_000 });
    const { signal } = this.#closed;
    while (!signal.aborted && this.#connection === undefined) {
      const client = await credentials().catch(() => undefined);
      if (client === undefined) await delay(policy.nextDelayMs(), signal).catch(() => undefined);
      else if (this.#connection === undefined) this.open(client);
    }
    this.#asking = false;
  }

  #connect(client: SipClient): void {
    const same = this.#client?.wsUrl === client.wsUrl && this.#client.aor === client.aor;
    this.#client = client;
    const before = this.#connection;
    if (same && before !== undefined) {
      before.useClient(client);
      return;
    }
    const connection: Connection = new Connection({
      client,
      ...(this.#deps.credentials === undefined ? {} : { renewClient: this.#deps.credentials }),
      sessionDescriptionHandlerFactory: mediaFactory,
      onState: (state) => connection === this.#connection && this.#tell(state),
      onInvite: (invitation) => this.#deps.onInvite?.(invitation),
    });
    this.#connection = connection;
    before?.close();
    connection.start();
  }

  #tell(state: ConnectionState): void {
    for (const listener of [...this.#listeners]) listener(state);
  }
}

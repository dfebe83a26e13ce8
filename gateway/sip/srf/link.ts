import Srf, { type SrfRequest, type SrfResponse } from 'drachtio-srf';
import { RoomlineError } from '../../errors.js';
import type { Log } from '../../log.js';
import type { DialogEnd, NoAnswer } from '../sip-server.js';
import { FrameWindow } from './frame-window.js';
import { classify, type ReadableResponse, readable } from './messages.js';
import { CallFailure, PendingCalls } from './pending-calls.js';
import type { PlacedCall } from './placed-call.js';

const CONNECT_TIMEOUT_MS = 10_000;
const MAX_RECONNECT_DELAY_MS = 2000;
const PING_INTERVAL_MS = 5000;
const PING_TIMEOUT_MS = 5000;
/** How long the server may take to confirm that a message was sent. */
const CONFIRM_TIMEOUT_MS = 5000;
/** A drachtio-server's admin buffer holds 12,228 bytes. */
const MAX_FRAME_BYTES = 12_000;
const WINDOW_BYTES = 10_000;
/** What reaches us outside of a dialog. */
const METHODS = ['invite', 'register', 'options', 'info', 'message', 'notify', 'subscribe', 'publish'] as const;

export interface LinkOptions {
  host: string;
  port: number;
  secret: string;
  log: Log;
  pingIntervalMs?: number;
  pingTimeoutMs?: number;
}

type Start<T> = (resolve: (value: T) => void, reject: (error: unknown) => void) => void;

/**
 * The link to the server that speaks SIP for us, the embedded engine or a drachtio-server: which of them does not show.
 *
 * What is done about the ways of drachtio-srf:
 * - `connect()` is no promise; the link may die without an event: own pings, and the socket is cut when none returns;
 * - calls never settle when the link dies: `PendingCalls` gives each a deadline and fails all of them then;
 * - a server's admin buffer is small: `FrameWindow`;
 * - events right behind an answer come in the same tick: callbacks instead of promises, listeners set at once.
 */
export class Link {
  readonly srf = new Srf();
  readonly log: Log;
  /** What ends when the link is lost. */
  readonly calls = new Set<PlacedCall>();
  readonly dialogs = new Set<{ end(why: DialogEnd): void }>();
  readonly #options: LinkOptions;
  readonly #pending = new PendingCalls();
  readonly #window = new FrameWindow(WINDOW_BYTES);
  #linked = false;
  #closed = false;
  #pingTimer: NodeJS.Timeout | undefined;

  constructor(options: LinkOptions) {
    this.#options = options;
    this.log = options.log;
  }

  /** True while it is up. */
  get linked(): boolean {
    return this.#linked;
  }

  /** Connects and authenticates; afterwards reconnects by itself. */
  connect(onRequest: (req: SrfRequest, res: SrfResponse) => void): Promise<void> {
    const { host, port, secret } = this.#options;
    for (const method of METHODS) this.srf[method](onRequest);
    this.srf.on('error', (error) => this.log.debug({ err: error }, 'link to the SIP engine failed'));
    this.srf.on('close', () => this.#onLinkLost());
    return this.run<void>(CONNECT_TIMEOUT_MS, (resolve, reject) => {
      this.srf.on('connect', (error) => {
        if (error !== null) {
          this.log.error({ host, port, why: error.message }, 'the SIP engine refuses our secret');
          reject(error);
          return;
        }
        this.#onLinked();
        resolve();
      });
      void this.srf.connect({ host, port, secret, reconnect: { retryMaxDelay: MAX_RECONNECT_DELAY_MS } });
    });
  }

  async close(): Promise<void> {
    this.#closed = true;
    this.#onLinkLost();
    const client = this.srf.app.client;
    if (client === undefined) return;
    // disconnect() throws when there is no link, and leaves a reconnect that is under way.
    client.wp.closing = true;
    const retryTimer = client.wp.reconnectVars?.retryTimer;
    if (retryTimer !== undefined && retryTimer !== null) clearTimeout(retryTimer);
    for (const socket of client.mapServer.keys()) socket.destroy();
  }

  /** Starts a call to drachtio-srf. @throws CallFailure at the deadline, and when the link is lost. */
  run<T>(deadlineMs: number, start: Start<T>): Promise<T> {
    return this.#pending.run(deadlineMs, start);
  }

  /** Asks and turns every outcome into an answer. */
  async ask(deadlineMs: number, start: Start<SrfResponse>): Promise<ReadableResponse | NoAnswer> {
    if (!this.#linked) return { none: 'link-lost' };
    try {
      const response = await this.run(deadlineMs, start);
      const answer = classify(response);
      return 'status' in answer ? readable(response) : answer;
    } catch (error) {
      const why = error instanceof CallFailure ? error.why : 'refused';
      return { none: why === 'refused' ? 'no-flow' : why };
    }
  }

  /**
   * Sends a message of so many bytes and resolves when the server says that it is on the wire. What is said after we
   * gave up is given to `late`.
   * @throws RoomlineError `too-large`; `unavailable` when it cannot be sent.
   */
  async confirmed<T>(bytes: number, start: Start<T>, late?: (value: T) => void): Promise<T> {
    if (bytes > MAX_FRAME_BYTES) {
      throw new RoomlineError('too-large', `a SIP message of ${bytes} bytes does not fit the engine's buffer`);
    }
    try {
      return await this.#window.run(bytes, () => this.#pending.run(CONFIRM_TIMEOUT_MS, start, late));
    } catch (error) {
      throw new RoomlineError('unavailable', 'the message could not be sent', { cause: error });
    }
  }

  #onLinked(): void {
    const client = this.srf.app.client;
    const socket = client?.mapServer.keys().next().value;
    if (this.#closed || client === undefined || socket === undefined) {
      socket?.destroy();
      return;
    }
    this.#linked = true;
    this.log.info({}, 'linked to the SIP engine');
    // Only the first socket gets it from drachtio-srf, not those of a reconnect.
    socket.setNoDelay(true);
    clearInterval(this.#pingTimer);
    this.#pingTimer = setInterval(() => {
      const state = client.mapServer.get(socket);
      if (state === undefined) return;
      this.run<void>(this.#options.pingTimeoutMs ?? PING_TIMEOUT_MS, (resolve) => {
        state.pendingRequests.set(client.wp.send(socket, 'ping'), () => resolve());
      }).catch((error: unknown) => {
        if (error instanceof CallFailure && error.why === 'timeout') socket.destroy();
      });
    }, this.#options.pingIntervalMs ?? PING_INTERVAL_MS);
  }

  #onLinkLost(): void {
    clearInterval(this.#pingTimer);
    if (!this.#linked) return;
    this.#linked = false;
    if (!this.#closed) this.log.error({ dialogs: this.dialogs.size }, 'lost the link to the SIP engine');
    this.#pending.failAll('the link to the SIP engine is lost');
    for (const call of [...this.calls]) call.end({ none: 'link-lost' });
    for (const dialog of [...this.dialogs]) dialog.end('link-lost');
  }
}

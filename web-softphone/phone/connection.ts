import {
  type Core,
  type Invitation,
  type NameAddrHeader,
  Registerer,
  UserAgent,
  type UserAgentOptions,
  UserAgentState,
  Web,
} from 'sip.js';
import type { SipClient } from './api.js';
import { ProblemError } from './problem.js';
import { delay, ReconnectPolicy } from './reconnect-policy.js';
import { StateMachine } from './state-machine.js';

/**
 * closed -> connecting -> open -> connecting -> ...
 *     (every state may go to closed, for good; connecting covers the waits between tries)
 */
export type ConnectionState = 'idle' | 'connecting' | 'open' | 'closed';

const NEXT: Readonly<Record<ConnectionState, readonly ConnectionState[]>> = {
  idle: ['connecting', 'closed'],
  connecting: ['open', 'closed'],
  open: ['connecting', 'closed'],
  closed: [],
};

const REGISTRATION_SECONDS = 600;
/** When to renew a registration, as a part of its life. */
const RENEW_AFTER = 0.6;
/** Credentials are renewed when they would not outlast the next renewal by so much. */
const CREDENTIAL_MARGIN_MS = 60_000;
const REGISTER_TIMEOUT_MS = 8_000;
/** Whoever calls stops by themselves long before; this is for when they cannot say so any more. */
const LONGEST_RING_SECONDS = 150;

export interface ConnectionDeps {
  readonly client: SipClient;
  /**
   * Fresh credentials for the same user, when the present ones are about to expire or are refused. Without it they
   * are used as long as they last.
   */
  readonly renewClient?: () => Promise<SipClient>;
  readonly sessionDescriptionHandlerFactory: Web.SessionDescriptionHandlerFactory;
  readonly onState: (state: ConnectionState) => void;
  /** Somebody calls; their phone is told that it rings. */
  readonly onInvite?: (invitation: Invitation) => void;
  readonly policy?: ReconnectPolicy;
}

/**
 * The SIP WebSocket and the registration over it. It comes back by itself, however often it goes, until it is closed.
 * SIP.js's own reconnect gives up after a few tries, and its SessionManager ends live calls with the connection: so
 * only its UserAgent is used, which keeps its dialogs when the transport goes.
 */
export class Connection {
  readonly userAgent: UserAgent;
  readonly #machine: StateMachine<ConnectionState>;
  readonly #renewClient: (() => Promise<SipClient>) | undefined;
  readonly #policy: ReconnectPolicy;
  readonly #closed = new AbortController();
  #client: SipClient;
  #registerer: Registerer | undefined;
  /** How long the registrar keeps the contact binding: it may grant less than was asked for. */
  #grantedSeconds = REGISTRATION_SECONDS;
  #renewTimer: ReturnType<typeof setTimeout> | undefined;
  /** Ends the registration under way: its transport went. */
  #lost = new AbortController();
  /** Ends the wait between two tries: the network came back. */
  #hurry = new AbortController();

  constructor(deps: ConnectionDeps) {
    this.#client = deps.client;
    this.#renewClient = deps.renewClient;
    this.#policy = deps.policy ?? new ReconnectPolicy();
    this.#machine = new StateMachine<ConnectionState>('idle', NEXT, (state) => deps.onState(state));
    this.userAgent = new UserAgent({
      ...userAgentOptions(deps.client),
      sessionDescriptionHandlerFactory: deps.sessionDescriptionHandlerFactory,
      delegate: {
        onDisconnect: () => this.#onDisconnect(),
        onInvite: (invitation) => deps.onInvite?.(invitation),
      },
    });
  }

  get state(): ConnectionState {
    return this.#machine.state;
  }

  start(): void {
    if (this.#machine.to('connecting')) void this.#comeBack();
  }

  /** The network changed, or requests get no answer: what looks connected may be dead. Connects anew at once. */
  restart(): void {
    if (this.#machine.is('open')) {
      // Moves to `connecting` by way of onDisconnect, which SIP.js calls before the closing handshake ends.
      this.userAgent.transport.disconnect().catch(() => undefined);
    } else if (this.#machine.is('connecting')) {
      this.#policy.succeeded();
      this.#hurry.abort();
    }
  }

  /** Unregisters and disconnects; the requests are on their way when this returns. */
  close(): void {
    if (!this.#machine.to('closed')) return;
    this.#closed.abort();
    clearTimeout(this.#renewTimer);
    this.userAgent.stop().catch(() => undefined);
  }

  #onDisconnect(): void {
    this.#lost.abort();
    this.#dropRegisterer();
    if (this.#machine.is('open') && this.#machine.to('connecting')) void this.#comeBack();
  }

  async #comeBack(): Promise<void> {
    // SIP.js refuses to connect from within its own report of a disconnect.
    await Promise.resolve();
    while (!this.#closed.signal.aborted) {
      try {
        await this.#connectAndRegister();
        return;
      } catch {
        this.#hurry = new AbortController();
        const signal = AbortSignal.any([this.#closed.signal, this.#hurry.signal]);
        await delay(this.#policy.nextDelayMs(), signal).catch(() => undefined);
      }
    }
  }

  async #connectAndRegister(): Promise<void> {
    await this.#connect();
    this.#lost = new AbortController();
    const signal = AbortSignal.any([this.#closed.signal, this.#lost.signal]);
    await this.#register(signal);
    signal.throwIfAborted();
    this.#policy.succeeded();
    this.#machine.to('open');
  }

  async #connect(): Promise<void> {
    const { transport } = this.userAgent;
    if (transport.isConnected()) return;
    // The first start() also marks the user agent as started, without which it drops incoming requests.
    await (this.userAgent.state === UserAgentState.Started ? transport.connect() : this.userAgent.start());
  }

  /** A refused registration does not stand in a call's way: the INVITE is authenticated by itself. */
  async #register(signal: AbortSignal): Promise<void> {
    await this.#refreshCredentials(this.#grantedSeconds * 1000);
    let status = await this.#sendRegister(signal);
    if (isRefusal(status) && this.#renewClient !== undefined) {
      this.useClient(await this.#renewClient());
      status = await this.#sendRegister(signal);
    }
    if (status === 408 || status >= 500) throw new ProblemError({ code: 'unavailable' });
    this.#renewLater(signal);
  }

  /**
   * Registers over this connection; returns the final status. Each connection has a Registerer of its own: one whose
   * transport went waits for an answer that cannot come.
   */
  #sendRegister(signal: AbortSignal): Promise<number> {
    return this.#askRegistrar(this.#freshRegisterer(), signal);
  }

  #askRegistrar(registerer: Registerer, signal: AbortSignal): Promise<number> {
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => resolve(408), REGISTER_TIMEOUT_MS);
      const settle = (act: () => void) => () => {
        clearTimeout(timer);
        act();
      };
      signal.addEventListener(
        'abort',
        settle(() => reject(signal.reason)),
        { once: true },
      );
      registerer
        .register({
          requestDelegate: {
            onAccept: ({ message }) => {
              this.#grantedSeconds = this.#readGranted(message) ?? REGISTRATION_SECONDS;
              settle(() => resolve(200))();
            },
            onReject: ({ message }) => settle(() => resolve(message.statusCode ?? 500))(),
          },
        })
        .catch((error: unknown) => settle(() => reject(error))());
    });
  }

  /** The life of our contact among all those of the user (RFC 3261 section 10.2.4). */
  #readGranted(message: Core.IncomingResponseMessage): number | undefined {
    for (let index = message.getHeaders('contact').length - 1; index >= 0; index--) {
      const contact = message.parseHeader('contact', index) as NameAddrHeader | undefined;
      if (contact === undefined || contact.uri.user !== this.userAgent.contact.uri.user) continue;
      const seconds = Number(contact.getParam('expires'));
      if (seconds > 0) return seconds;
    }
    return undefined;
  }

  #freshRegisterer(): Registerer {
    this.#dropRegisterer();
    this.#registerer = new Registerer(this.userAgent, {
      expires: REGISTRATION_SECONDS,
      // Renewed by #renewLater, which looks after the credentials first; SIP.js's own timer must not come before.
      refreshFrequency: 99,
      logConfiguration: false,
    });
    return this.#registerer;
  }

  /** Forgets a Registerer. Were it disposed of while connected, it would unregister the contact all share. */
  #dropRegisterer(): void {
    clearTimeout(this.#renewTimer);
    const registerer = this.#registerer;
    this.#registerer = undefined;
    if (registerer !== undefined && !this.userAgent.isConnected()) registerer.dispose().catch(() => undefined);
  }

  #renewLater(signal: AbortSignal): void {
    clearTimeout(this.#renewTimer);
    this.#renewTimer = setTimeout(() => void this.#renew(signal), this.#grantedSeconds * RENEW_AFTER * 1000);
  }

  async #renew(signal: AbortSignal): Promise<void> {
    try {
      await this.#refreshCredentials(this.#grantedSeconds * 1000);
      const status = this.#registerer === undefined ? 0 : await this.#askRegistrar(this.#registerer, signal);
      const keptAsItIs = isRefusal(status) && this.#renewClient === undefined;
      if (status !== 200 && !keptAsItIs) throw new ProblemError({ code: 'unavailable' });
      if (!signal.aborted) this.#renewLater(signal);
    } catch {
      if (!signal.aborted) this.restart();
    }
  }

  async #refreshCredentials(neededForMs: number): Promise<void> {
    if (this.#renewClient === undefined) return;
    const leftMs = Date.parse(this.#client.expiresAt) - Date.now();
    if (leftMs < neededForMs + CREDENTIAL_MARGIN_MS) this.useClient(await this.#renewClient());
  }

  /** Other credentials of the same user: SIP.js reads them from its options each time it is challenged. */
  useClient(client: SipClient): void {
    this.#client = client;
    this.userAgent.configuration.authorizationUsername = client.username;
    this.userAgent.configuration.authorizationPassword = client.password;
  }
}

function isRefusal(status: number): boolean {
  return status === 401 || status === 403 || status === 407;
}

function userAgentOptions(client: SipClient): UserAgentOptions {
  const uri = UserAgent.makeURI(client.aor);
  if (uri === undefined) throw new ProblemError({ code: 'server-error', detail: `${client.aor} is no SIP address` });
  return {
    uri,
    authorizationUsername: client.username,
    authorizationPassword: client.password,
    transportConstructor: Web.Transport,
    transportOptions: { server: client.wsUrl, connectionTimeout: 5, keepAliveInterval: 20, traceSip: false },
    reconnectionAttempts: 0,
    noAnswerTimeout: LONGEST_RING_SECONDS,
    userAgentString: 'Roomline softphone',
    logBuiltinEnabled: false,
    logConfiguration: false,
  };
}

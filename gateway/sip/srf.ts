/**
 * The one file that knows drachtio-srf, and holds what is done about its ways:
 * - `connect()` is no promise; the link may die without an event: own pings, and the socket is cut when none returns;
 * - calls never settle when the link dies: `PendingCalls` gives each a deadline and fails all of them then;
 * - a server's admin buffer is small: `FrameWindow`;
 * - events right behind an answer come in the same tick: callbacks instead of promises, listeners set at once;
 * - `createUAS` answers 200 even where it fails for an INVITE without Contact: looked at before.
 * It does not know which server is behind the link.
 */
import Srf, { type SrfDialog, type SrfRequest, type SrfResponse } from 'drachtio-srf';
import { RoomlineError } from '../errors.js';
import type { Log } from '../log.js';
import { parseNameAddr, splitList } from './address.js';
import { type AnswerRound, DigestAnswer } from './digest-answer.js';
import { FrameWindow } from './frame-window.js';
import { findHeaderFault, scrub, unfold } from './header-guard.js';
import { CallFailure, PendingCalls } from './pending-calls.js';
import { PlacedCall } from './placed-call.js';
import type {
  Answer,
  DialogEnd,
  DialogListener,
  FinalResponse,
  Headers,
  IncomingInvite,
  OutgoingCall,
  OutgoingInvite,
  OutgoingRequest,
  Reply,
  SipDialog,
  SipHandlers,
  SipServer,
  Source,
} from './sip-server.js';
import {
  classify,
  endCause,
  frameBytes,
  nextOf,
  readable,
  refusalOf,
  responseOf,
  routeTo,
  transportOf,
} from './srf-messages.js';
import { replyTo } from './status.js';

const CONNECT_TIMEOUT_MS = 10_000;
const MAX_RECONNECT_DELAY_MS = 2000;
const PING_INTERVAL_MS = 5000;
const PING_TIMEOUT_MS = 5000;
/** How long the server may take to confirm that a reply was sent. */
const REPLY_TIMEOUT_MS = 5000;
/** A drachtio-server's admin buffer holds 12,228 bytes. */
const MAX_FRAME_BYTES = 12_000;
const WINDOW_BYTES = 10_000;
const DIALOG_METHODS = ['modify', 'info', 'options', 'message', 'notify', 'refer', 'update', 'publish'] as const;

export interface SrfOptions {
  host: string;
  port: number;
  secret: string;
  handlers: SipHandlers;
  log: Log;
  pingIntervalMs?: number;
  pingTimeoutMs?: number;
}

type NoAnswer = Exclude<Answer, { readonly status: number }>;

/** An INVITE of ours that was asked for credentials, and what answers for it. */
interface Challenged {
  readonly request: SrfRequest;
  readonly digest: DigestAnswer;
  readonly round: AnswerRound;
}

/**
 * Connects and authenticates; afterwards reconnects by itself.
 * @throws RoomlineError `unavailable` when that does not succeed within 10 s.
 */
export async function connectSrf(options: SrfOptions): Promise<SipServer> {
  const server = new SrfServer(options);
  try {
    await server.connect();
    return server;
  } catch (error) {
    await server.close();
    const where = `${options.host}:${options.port}`;
    throw new RoomlineError('unavailable', `the SIP engine at ${where} does not take us: check address and secret`, {
      cause: error,
    });
  }
}

class SrfServer implements SipServer {
  readonly #options: SrfOptions;
  readonly #srf = new Srf();
  readonly #pending = new PendingCalls();
  readonly #window = new FrameWindow(WINDOW_BYTES);
  readonly #dialogs = new Set<Dialog>();
  readonly #calls = new Set<PlacedCall>();
  #linked = false;
  #closed = false;
  #pingTimer: NodeJS.Timeout | undefined;

  constructor(options: SrfOptions) {
    this.#options = options;
  }

  get linked(): boolean {
    return this.#linked;
  }

  connect(): Promise<void> {
    const { host, port, secret, log } = this.#options;
    const onRequest = (req: SrfRequest, res: SrfResponse) => this.#dispatch(req, res);
    for (const method of [
      'invite',
      'register',
      'options',
      'info',
      'message',
      'notify',
      'subscribe',
      'publish',
    ] as const) {
      this.#srf[method](onRequest);
    }
    this.#srf.on('error', (error) => log.debug({ err: error }, 'link to the SIP engine failed'));
    this.#srf.on('close', () => this.#onLinkLost());
    return this.#pending.run<void>(CONNECT_TIMEOUT_MS, (resolve, reject) => {
      this.#srf.on('connect', (error) => {
        if (error !== null) {
          log.error({ host, port, why: error.message }, 'the SIP engine refuses our secret');
          reject(error);
          return;
        }
        this.#onLinked();
        resolve();
      });
      void this.#srf.connect({ host, port, secret, reconnect: { retryMaxDelay: MAX_RECONNECT_DELAY_MS } });
    });
  }

  async request(request: OutgoingRequest, deadlineMs: number): Promise<Answer> {
    const answer = await this.ask(request, deadlineMs);
    return 'status' in answer ? { status: answer.status } : answer;
  }

  ask(request: OutgoingRequest, deadlineMs: number): Promise<FinalResponse | NoAnswer> {
    const options = {
      method: request.method,
      // The default To would turn the URI's parameters into header parameters.
      headers: { To: `<${request.to}>`, ...request.headers },
      ...routeTo(request.target),
    };
    return this.#ask(deadlineMs, (resolve, reject) => {
      this.#srf.request(request.uri, options, (error, sent) => {
        if (sent === undefined) reject(error);
        else sent.on('response', (response) => response.status >= 200 && resolve(response));
      });
    });
  }

  call(invite: OutgoingInvite, deadlineMs: number, listener: DialogListener): OutgoingCall {
    const call = new PlacedCall(deadlineMs);
    this.#calls.add(call);
    void call.outcome.then(() => this.#calls.delete(call));
    if (this.#linked) void this.#place(call, invite, listener);
    else call.end({ none: 'link-lost' });
    return call;
  }

  /** Sends an INVITE; `challenged` is the one before it that was asked for credentials. */
  async #place(call: PlacedCall, invite: OutgoingInvite, listener: DialogListener, challenged?: Challenged) {
    const digest = challenged?.digest ?? (invite.credentials && new DigestAnswer(invite.credentials));
    const round = challenged?.round ?? digest?.begin();
    const headers = {
      ...invite.headers,
      ...{ From: invite.from, To: invite.to },
      ...(challenged === undefined ? {} : nextOf(challenged.request)),
      ...round?.headers('INVITE', invite.uri),
    };
    const options = { headers, localSdp: invite.sdp, ...routeTo(invite.target) };
    let sent: SrfRequest | undefined;
    const onFinal = (error: unknown, created: SrfDialog | undefined) => {
      const response = responseOf(error);
      if (created !== undefined) call.answered(new Dialog(this, created, listener, digest), created.remote.sdp ?? '');
      else if (call.cancelled || !sent || !digest || !round || !response || !round.take(readable(response))) {
        call.end(refusalOf(error));
      } else void this.#place(call, invite, listener, { request: sent, digest, round });
    };
    try {
      await this.#confirmed<void>(frameBytes(headers, invite.sdp), (resolve, reject) => {
        if (call.cancelled) return resolve();
        const cbRequest = (error: unknown, request?: SrfRequest) => {
          if (request === undefined) return reject(error);
          sent = request;
          call.sent(request);
          resolve();
        };
        this.#srf.createUAC(invite.uri, options, { cbRequest }, onFinal);
      });
    } catch (error) {
      this.#options.log.info({ err: error }, 'a call could not be placed');
      call.end({ none: this.#linked ? 'no-flow' : 'link-lost' });
    }
  }

  async close(): Promise<void> {
    this.#closed = true;
    this.#onLinkLost();
    const client = this.#srf.app.client;
    if (client === undefined) return;
    // disconnect() throws when there is no link, and leaves a reconnect that is under way.
    client.wp.closing = true;
    const retryTimer = client.wp.reconnectVars?.retryTimer;
    if (retryTimer !== undefined && retryTimer !== null) clearTimeout(retryTimer);
    for (const socket of client.mapServer.keys()) socket.destroy();
  }

  /** Sends a reply and resolves when the server says that it is on the wire. */
  async send(res: SrfResponse, reply: Reply): Promise<void> {
    const { status, reason, headers = {}, body } = reply;
    const options = { headers: { ...headers }, ...(body === undefined ? {} : { body }) };
    await this.#confirmed(frameBytes(headers, body), (resolve, reject) => {
      res.send(status, reason, options, (error) => (isNothing(error) ? resolve(undefined) : reject(error)));
    });
  }

  accept(
    req: SrfRequest,
    res: SrfResponse,
    answer: { sdp: string; headers?: Headers },
    listener: DialogListener,
  ): Promise<SipDialog> {
    const options = { headers: { ...answer.headers }, localSdp: answer.sdp };
    const create = (resolve: (dialog: Dialog) => void, reject: (error: unknown) => void) =>
      this.#srf.createUAS(req, res, options, (error, created) => {
        if (created === undefined) reject(error);
        else resolve(new Dialog(this, created, listener));
      });
    // A dialog that comes after we gave up has nobody: it is ended.
    const late = (dialog: Dialog) => void dialog.bye(REPLY_TIMEOUT_MS);
    return this.#confirmed(frameBytes(options.headers, answer.sdp), create, late);
  }

  /** Asks and turns every outcome into an answer. */
  async #ask(
    deadlineMs: number,
    start: (resolve: (response: SrfResponse) => void, reject: (error: unknown) => void) => void,
  ): Promise<(FinalResponse & { readonly requestUri: string }) | NoAnswer> {
    if (!this.#linked) return { none: 'link-lost' };
    try {
      const response = await this.#pending.run(deadlineMs, start);
      const answer = classify(response);
      return 'status' in answer ? readable(response) : answer;
    } catch (error) {
      const why = error instanceof CallFailure ? error.why : 'refused';
      return { none: why === 'refused' ? 'no-flow' : why };
    }
  }

  /** Asks within a dialog, with the credentials its INVITE needed, if any. */
  async requestInDialog(
    dialog: SrfDialog,
    request: { method: string; headers?: Headers; body?: string },
    deadlineMs: number,
    digest: DigestAnswer | undefined,
  ): Promise<Answer> {
    const deadline = performance.now() + deadlineMs;
    const round = digest?.begin();
    for (let uri = dialog.remote.uri; ; ) {
      const asked = { ...request, headers: { ...request.headers, ...round?.headers(request.method, uri) } };
      const answer = await this.#ask(Math.max(0, deadline - performance.now()), (resolve, reject) => {
        dialog.request(asked, (error, response) => (response === undefined ? reject(error) : resolve(response)));
      });
      if (!('status' in answer)) return answer;
      if (round === undefined || !round.take(answer)) return { status: answer.status };
      uri = answer.requestUri;
    }
  }

  async endDialog(
    dialog: Dialog,
    srfDialog: SrfDialog,
    { deadlineMs, headers, digest }: { deadlineMs: number; headers: Headers; digest: DigestAnswer | undefined },
  ): Promise<void> {
    this.forget(dialog, srfDialog);
    if (!this.#linked) return;
    if (digest !== undefined) {
      const answer = await this.requestInDialog(srfDialog, { method: 'BYE', headers }, deadlineMs, digest);
      if ('none' in answer) this.#srf.removeDialog(srfDialog);
      return;
    }
    try {
      await this.#pending.run<void>(deadlineMs, (resolve) => srfDialog.destroy({ headers }, () => resolve()));
    } catch (error) {
      this.#options.log.debug({ callId: dialog.callId, err: error }, 'BYE was not answered');
      this.#srf.removeDialog(srfDialog);
    }
  }

  remember(dialog: Dialog): void {
    this.#dialogs.add(dialog);
  }

  forget(dialog: Dialog, srfDialog: SrfDialog): void {
    this.#dialogs.delete(dialog);
    if (!this.#linked) this.#srf.removeDialog(srfDialog);
  }

  async #confirmed<T>(
    bytes: number,
    start: (resolve: (value: T) => void, reject: (error: unknown) => void) => void,
    late?: (value: T) => void,
  ): Promise<T> {
    if (bytes > MAX_FRAME_BYTES) {
      throw new RoomlineError('too-large', `a SIP message of ${bytes} bytes does not fit the engine's buffer`);
    }
    try {
      return await this.#window.run(bytes, () => this.#pending.run(REPLY_TIMEOUT_MS, start, late));
    } catch (error) {
      throw new RoomlineError('unavailable', 'the message could not be sent', { cause: error });
    }
  }

  #dispatch(req: SrfRequest, res: SrfResponse): void {
    const request = new Request(this, req, res);
    this.guard(request, req, res, async () => {
      if (req.method !== 'INVITE') return this.#options.handlers.request(request);
      const contacts = splitList(request.header('contact') ?? '');
      if (contacts.length !== 1 || parseNameAddr(contacts[0] ?? '') === undefined) {
        return request.reply({ status: 400, reason: 'Contact Missing Or Unreadable' });
      }
      return this.#options.handlers.invite(request);
    });
  }

  /** Refuses what may not be looked at; answers what goes wrong afterwards. */
  guard(request: Request, req: SrfRequest, res: SrfResponse, handle: () => Promise<void>): void {
    const { log } = this.#options;
    const fault = findHeaderFault(req);
    if (fault !== undefined) {
      for (const [name, value] of Object.entries(res.msg.headers)) res.msg.headers[name] = scrub(unfold(value));
      log.info({ source: request.source.address, fault }, 'request refused');
    }
    void (fault === undefined ? handle() : request.reply({ status: 400, reason: fault })).catch((error: unknown) => {
      log[error instanceof RoomlineError ? 'info' : 'error']({ err: error, method: request.method }, 'request failed');
      if (!request.replied) request.reply(replyTo(error)).catch(() => undefined);
    });
  }

  #onLinked(): void {
    const client = this.#srf.app.client;
    const socket = client?.mapServer.keys().next().value;
    if (this.#closed || client === undefined || socket === undefined) {
      socket?.destroy();
      return;
    }
    this.#linked = true;
    this.#options.log.info({}, 'linked to the SIP engine');
    // Only the first socket gets it from drachtio-srf, not those of a reconnect.
    socket.setNoDelay(true);
    clearInterval(this.#pingTimer);
    this.#pingTimer = setInterval(() => {
      const state = client.mapServer.get(socket);
      if (state === undefined) return;
      void this.#pending
        .run<void>(this.#options.pingTimeoutMs ?? PING_TIMEOUT_MS, (resolve) => {
          state.pendingRequests.set(client.wp.send(socket, 'ping'), () => resolve());
        })
        .catch((error: unknown) => {
          if (error instanceof CallFailure && error.why === 'timeout') socket.destroy();
        });
    }, this.#options.pingIntervalMs ?? PING_INTERVAL_MS);
  }

  #onLinkLost(): void {
    clearInterval(this.#pingTimer);
    if (!this.#linked) return;
    this.#linked = false;
    if (!this.#closed) this.#options.log.error({ dialogs: this.#dialogs.size }, 'lost the link to the SIP engine');
    this.#pending.failAll('the link to the SIP engine is lost');
    for (const call of [...this.#calls]) call.end({ none: 'link-lost' });
    for (const dialog of [...this.#dialogs]) dialog.end('link-lost');
  }

  report(error: unknown): void {
    this.#options.log.error({ err: error }, 'a dialog listener failed');
  }
}

class Request implements IncomingInvite {
  readonly #server: SrfServer;
  readonly #req: SrfRequest;
  readonly #res: SrfResponse;
  readonly #replyHeaders: Headers;
  readonly source: Source;
  #cancelled = false;
  #onCancel: (() => void) | undefined;

  constructor(server: SrfServer, req: SrfRequest, res: SrfResponse, replyHeaders: Headers = {}) {
    this.#server = server;
    this.#req = req;
    this.#res = res;
    this.#replyHeaders = replyHeaders;
    this.source = { address: req.source_address, port: req.source_port, transport: transportOf(req) };
    req.on('cancel', () => {
      this.#cancelled = true;
      this.#onCancel?.();
    });
  }

  get method(): string {
    return this.#req.method;
  }

  get uri(): string {
    return this.#req.uri;
  }

  get body(): string {
    return this.#req.body ?? '';
  }

  get replied(): boolean {
    return this.#res.finalResponseSent;
  }

  header(name: string): string | undefined {
    const value = this.#req.get(name);
    return value === undefined ? undefined : unfold(value).trim();
  }

  reply(reply: Reply): Promise<void> {
    const headers = reply.status < 300 ? { ...this.#replyHeaders, ...reply.headers } : reply.headers;
    return this.#server.send(this.#res, { ...reply, ...(headers === undefined ? {} : { headers }) });
  }

  onCancel(listener: () => void): void {
    this.#onCancel = listener;
    if (this.#cancelled) listener();
  }

  accept(answer: { sdp: string; headers?: Headers }, listener: DialogListener): Promise<SipDialog> {
    return this.#server.accept(this.#req, this.#res, answer, listener);
  }
}

class Dialog implements SipDialog {
  readonly #server: SrfServer;
  readonly #dialog: SrfDialog;
  readonly #listener: DialogListener;
  /** What answers challenges, where the INVITE had something to answer them with. */
  readonly #digest: DigestAnswer | undefined;
  #ended = false;

  constructor(server: SrfServer, dialog: SrfDialog, listener: DialogListener, digest?: DigestAnswer) {
    this.#server = server;
    this.#dialog = dialog;
    this.#listener = listener;
    this.#digest = digest;
    server.remember(this);
    dialog.on('destroy', (request, reason) => this.end(endCause(request, reason)));
    dialog.on('ack', (request) => this.#tell(() => listener.acknowledged(request.body ?? '')));
    for (const event of DIALOG_METHODS) dialog.on(event, (req, res) => this.#onRequest(req, res));
  }

  get callId(): string {
    return this.#dialog.sip.callId;
  }

  request(request: { method: string; headers?: Headers; body?: string }, deadlineMs: number): Promise<Answer> {
    return this.#ended
      ? Promise.resolve({ none: 'no-dialog' })
      : this.#server.requestInDialog(this.#dialog, request, deadlineMs, this.#digest);
  }

  async bye(deadlineMs: number, headers: Headers = {}): Promise<void> {
    if (this.#ended) return;
    this.#ended = true;
    await this.#server.endDialog(this, this.#dialog, { deadlineMs, headers, digest: this.#digest });
  }

  end(why: DialogEnd): void {
    if (this.#ended) return;
    this.#ended = true;
    this.#server.forget(this, this.#dialog);
    this.#tell(() => this.#listener.ended(why));
  }

  #onRequest(req: SrfRequest, res: SrfResponse): void {
    // A 2xx to INVITE and UPDATE needs a Contact (RFC 3261 section 12.2.2, RFC 3311 section 5.2).
    const refreshesTarget = req.method === 'INVITE' || req.method === 'UPDATE';
    const request = new Request(this.#server, req, res, refreshesTarget ? { Contact: this.#dialog.local.contact } : {});
    this.#server.guard(request, req, res, async () => this.#listener.requested(request));
  }

  /** drachtio-srf calls from its socket's data event: an exception there would end the process. */
  #tell(say: () => void): void {
    try {
      say();
    } catch (error) {
      this.#server.report(error);
    }
  }
}

function isNothing(error: unknown): boolean {
  return error === undefined || error === null;
}

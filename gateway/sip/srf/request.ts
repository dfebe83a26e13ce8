import type { SrfRequest, SrfResponse } from 'drachtio-srf';
import { RoomlineError } from '../../errors.js';
import { findHeaderFault, scrub, unfold } from '../header-guard.js';
import type { Headers, IncomingRequest, Reply, Source } from '../sip-server.js';
import { replyTo } from '../status.js';
import type { Link } from './link.js';
import { frameBytes, transportOf } from './messages.js';

export class Request implements IncomingRequest {
  readonly #link: Link;
  readonly #req: SrfRequest;
  readonly #res: SrfResponse;
  readonly #replyHeaders: Headers;
  readonly source: Source;

  /** `replyHeaders` are those of every reply but refusals. */
  constructor(link: Link, req: SrfRequest, res: SrfResponse, replyHeaders: Headers = {}) {
    this.#link = link;
    this.#req = req;
    this.#res = res;
    this.#replyHeaders = replyHeaders;
    this.source = { address: req.source_address, port: req.source_port, transport: transportOf(req) };
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

  async reply(reply: Reply): Promise<void> {
    const { status, reason, body } = reply;
    const headers = { ...(status < 300 ? this.#replyHeaders : {}), ...reply.headers };
    const options = { headers, ...(body === undefined ? {} : { body }) };
    await this.#link.confirmed<void>(frameBytes(headers, body), (resolve, reject) => {
      this.#res.send(status, reason, options, (error) => ((error ?? null) === null ? resolve() : reject(error)));
    });
  }

  /** Has it handled unless it may not be looked at; answers what goes wrong. */
  take(handle: () => Promise<void>): void {
    const { log } = this.#link;
    const fault = findHeaderFault(this.#req);
    if (fault !== undefined) {
      const copied = this.#res.msg.headers;
      for (const [name, value] of Object.entries(copied)) copied[name] = scrub(unfold(value));
      log.info({ source: this.source.address, fault }, 'request refused');
    }
    void (fault === undefined ? handle() : this.reply({ status: 400, reason: fault })).catch((error: unknown) => {
      log[error instanceof RoomlineError ? 'info' : 'error']({ err: error, method: this.method }, 'request failed');
      if (!this.replied) this.reply(replyTo(error)).catch(() => undefined);
    });
  }
}

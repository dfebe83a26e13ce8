import type { SrfDialog, SrfRequest, SrfResponse } from 'drachtio-srf';
import type { DigestAnswer } from '../digest-answer.js';
import type { Answer, DialogEnd, DialogListener, Headers, SipDialog } from '../sip-server.js';
import type { Link } from './link.js';
import { endCause } from './messages.js';
import { Request } from './request.js';

/** drachtio-srf calls re-INVITE `modify`. */
const METHODS = ['modify', 'info', 'options', 'message', 'notify', 'refer', 'update', 'publish'] as const;

interface InDialogRequest {
  readonly method: string;
  readonly headers?: Headers;
  readonly body?: string;
}

export class Dialog implements SipDialog {
  readonly #link: Link;
  readonly #dialog: SrfDialog;
  readonly #listener: DialogListener;
  /** What answers challenges, where the INVITE had something to answer them with. */
  readonly #digest: DigestAnswer | undefined;
  #ended = false;

  constructor(link: Link, dialog: SrfDialog, listener: DialogListener, digest?: DigestAnswer) {
    this.#link = link;
    this.#dialog = dialog;
    this.#listener = listener;
    this.#digest = digest;
    link.dialogs.add(this);
    dialog.on('destroy', (request, reason) => this.end(endCause(request, reason)));
    dialog.on('ack', (request) => this.#tell(() => listener.acknowledged(request.body ?? '')));
    for (const event of METHODS) dialog.on(event, (req, res) => this.#onRequest(req, res));
  }

  get callId(): string {
    return this.#dialog.sip.callId;
  }

  request(request: InDialogRequest, deadlineMs: number): Promise<Answer> {
    return this.#ended ? Promise.resolve({ none: 'no-dialog' }) : this.#ask(request, deadlineMs);
  }

  async bye(deadlineMs: number, headers: Headers = {}): Promise<void> {
    if (this.#ended) return;
    this.#forget();
    if (!this.#link.linked) return;
    if (this.#digest !== undefined) {
      const answer = await this.#ask({ method: 'BYE', headers }, deadlineMs);
      if ('none' in answer) this.#link.srf.removeDialog(this.#dialog);
      return;
    }
    try {
      await this.#link.run<void>(deadlineMs, (resolve) => this.#dialog.destroy({ headers }, () => resolve()));
    } catch (error) {
      this.#link.log.debug({ callId: this.callId, err: error }, 'BYE was not answered');
      this.#link.srf.removeDialog(this.#dialog);
    }
  }

  /** It is over, and not by our BYE. */
  end(why: DialogEnd): void {
    if (this.#ended) return;
    this.#forget();
    this.#tell(() => this.#listener.ended(why));
  }

  #forget(): void {
    this.#ended = true;
    this.#link.dialogs.delete(this);
    if (!this.#link.linked) this.#link.srf.removeDialog(this.#dialog);
  }

  /** Asks, with the credentials the INVITE needed, if any. */
  async #ask(request: InDialogRequest, deadlineMs: number): Promise<Answer> {
    const deadline = performance.now() + deadlineMs;
    const round = this.#digest?.begin();
    for (let uri = this.#dialog.remote.uri; ; ) {
      const asked = { ...request, headers: { ...request.headers, ...round?.headers(request.method, uri) } };
      const answer = await this.#link.ask(Math.max(0, deadline - performance.now()), (resolve, reject) => {
        this.#dialog.request(asked, (error, response) => (response === undefined ? reject(error) : resolve(response)));
      });
      if (!('status' in answer)) return answer;
      if (round === undefined || !round.take(answer)) return { status: answer.status };
      uri = answer.requestUri;
    }
  }

  #onRequest(req: SrfRequest, res: SrfResponse): void {
    // A 2xx to INVITE and UPDATE needs a Contact (RFC 3261 section 12.2.2, RFC 3311 section 5.2).
    const refreshesTarget = req.method === 'INVITE' || req.method === 'UPDATE';
    const request = new Request(this.#link, req, res, refreshesTarget ? { Contact: this.#dialog.local.contact } : {});
    request.take(async () => this.#listener.requested(request));
  }

  /** drachtio-srf calls from its socket's data event: an exception there would end the process. */
  #tell(say: () => void): void {
    try {
      say();
    } catch (error) {
      this.#link.log.error({ err: error }, 'a dialog listener failed');
    }
  }
}

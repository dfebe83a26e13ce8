import type { SrfRequest, SrfResponse } from 'drachtio-srf';
import type { DialogListener, Headers, IncomingInvite, SipDialog } from '../sip-server.js';
import { Dialog } from './dialog.js';
import type { Link } from './link.js';
import { frameBytes } from './messages.js';
import { Request } from './request.js';

/** How long the BYE of a dialog that nobody waits for any more may take. */
const BYE_TIMEOUT_MS = 5000;

/** An INVITE that makes a dialog. */
export class Invite extends Request implements IncomingInvite {
  readonly #link: Link;
  readonly #req: SrfRequest;
  readonly #res: SrfResponse;
  #cancelled = false;
  #onCancel: (() => void) | undefined;

  constructor(link: Link, req: SrfRequest, res: SrfResponse) {
    super(link, req, res);
    this.#link = link;
    this.#req = req;
    this.#res = res;
    req.on('cancel', () => {
      this.#cancelled = true;
      this.#onCancel?.();
    });
  }

  onCancel(listener: () => void): void {
    this.#onCancel = listener;
    if (this.#cancelled) listener();
  }

  accept(answer: { sdp: string; headers?: Headers }, listener: DialogListener): Promise<SipDialog> {
    const options = { headers: { ...answer.headers }, localSdp: answer.sdp };
    const create = (resolve: (dialog: Dialog) => void, reject: (error: unknown) => void) =>
      this.#link.srf.createUAS(this.#req, this.#res, options, (error, created) => {
        if (created === undefined) reject(error);
        else resolve(new Dialog(this.#link, created, listener));
      });
    // A dialog that comes after we gave up has nobody: it is ended.
    const late = (dialog: Dialog) => void dialog.bye(BYE_TIMEOUT_MS);
    return this.#link.confirmed(frameBytes(options.headers, answer.sdp), create, late);
  }
}

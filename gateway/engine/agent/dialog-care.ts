import type { Clock } from '../clock.js';
import type { Dialog } from '../dialog/dialog.js';
import type { Dialogs } from '../dialog/dialogs.js';
import { MIN_SESSION_SECONDS, type SessionTerms, SessionTimer } from '../dialog/session-timer.js';
import { Headers } from '../message/headers.js';
import type { IncomingResponse } from '../message/incoming.js';
import { NO_BODY } from '../message/message.js';
import { tellUnsolicited } from './app-messages.js';
import type { Draft } from './compose.js';
import { NOBODY, type Sender } from './sender.js';

/** RFC 3261 section 14.1: who owns the Call-ID waits longest after a 491. */
const GLARE_MS = { least: 2_100, spread: 1_900 };

/** What the engine does in dialogs of its own accord: it ends and it renews them. */
export class DialogCare {
  readonly #clock: Clock;
  readonly #dialogs: Dialogs;
  readonly #sender: Sender;

  constructor(deps: { clock: Clock; dialogs: Dialogs; sender: Sender }) {
    this.#clock = deps.clock;
    this.#dialogs = deps.dialogs;
    this.#sender = deps.sender;
  }

  /** Ends a dialog with a BYE and tells its app why; drachtio-srf shows the text as the reason of `destroy`. */
  hangUp(dialog: Dialog, reason: string): void {
    if (dialog.state === 'ended') return;
    dialog.inviteFromUs?.cancel();
    dialog.inviteFromPeer?.refuse(487);
    const headers = new Headers().append('Reason', `SIP;cause=200;text="${reason}"`);
    this.#sender.inDialog(dialog, { method: 'BYE', headers, body: NO_BODY }, NOBODY, (outcome) => {
      const { app } = dialog;
      if (typeof outcome !== 'string' && app?.connected) tellUnsolicited(app, outcome, dialog.id);
    });
    this.#dialogs.remove(dialog);
  }

  /** Starts the session timer anew, or turns it off. */
  renewSession(dialog: Dialog, terms: SessionTerms | undefined): void {
    dialog.session?.stop();
    dialog.session = undefined;
    if (terms === undefined || dialog.state === 'ended') return;
    dialog.session = new SessionTimer(terms, {
      clock: this.#clock,
      refresh: () => this.#refresh(dialog, terms.seconds),
      expired: () => this.hangUp(dialog, 'Session timer expired'),
    });
  }

  /** Runs what waited for our INVITE to be answered, or for the ACK to our answer. */
  proceed(dialog: Dialog): void {
    while (dialog.inviteFromUs === undefined && dialog.answer === undefined) {
      const run = dialog.waiting.shift();
      if (run === undefined) return;
      run();
    }
  }

  /** Renews the session (RFC 4028 section 7.4): an UPDATE needs no offer, a re-INVITE repeats the last one. */
  #refresh(dialog: Dialog, seconds: number): void {
    if (dialog.state === 'ended') return;
    if (dialog.inviteFromUs !== undefined || dialog.inviteFromPeer !== undefined || dialog.answer !== undefined) {
      this.#tryAgain(dialog);
      return;
    }
    const headers = new Headers().append('Session-Expires', `${seconds};refresher=uac`);
    headers.append('Min-SE', String(Math.min(MIN_SESSION_SECONDS, seconds))).append('Supported', 'timer');
    const update = dialog.peerTakesUpdate || dialog.localSdp === undefined;
    const draft: Draft = update
      ? { method: 'UPDATE', headers, body: NO_BODY }
      : { method: 'INVITE', headers, body: dialog.localSdp ?? NO_BODY };
    this.#send(dialog, draft, seconds);
  }

  #send(dialog: Dialog, draft: Draft, seconds: number): void {
    const failed = () => {
      dialog.inviteFromUs = undefined;
      this.hangUp(dialog, 'Session timer expired');
    };
    let acceptedCseq: number | undefined;
    const answered = (response: IncomingResponse) => {
      if (response.message.status < 200) return;
      if (response.cseq === acceptedCseq) return this.#repeatAck(dialog);
      dialog.inviteFromUs = undefined;
      if (response.message.status < 300) {
        acceptedCseq = response.cseq;
        this.#renewed(dialog, draft, response, seconds);
      } else this.#notRenewed(dialog, response, seconds);
      this.proceed(dialog);
    };
    // The engine cannot end its own INVITE early; the BYE that follows does it.
    if (draft.method === 'INVITE') dialog.inviteFromUs = { cancel: () => undefined };
    this.#sender.inDialog(dialog, draft, { answered, timedOut: failed, failed }, (outcome) => {
      if (typeof outcome === 'string' || outcome.failure !== undefined) failed();
    });
  }

  #renewed(dialog: Dialog, { method }: Draft, response: IncomingResponse, seconds: number): void {
    dialog.refreshTarget(response.contacts);
    if (method === 'INVITE') {
      dialog.accepted = { cseq: response.cseq, ack: undefined };
      const ack: Draft = { method: 'ACK', headers: new Headers(), body: NO_BODY };
      this.#sender.acknowledge(dialog, ack, response.cseq, (outcome) => {
        if (typeof outcome !== 'string') dialog.accepted = { cseq: response.cseq, ack: outcome.bytes };
      });
    }
    this.renewSession(dialog, { seconds, refresher: 'us' });
  }

  #repeatAck(dialog: Dialog): void {
    const ack = dialog.accepted?.ack;
    if (ack !== undefined) this.#sender.resend(dialog, ack);
  }

  #notRenewed(dialog: Dialog, { message }: IncomingResponse, seconds: number): void {
    const least = Number.parseInt(message.headers.get('min-se') ?? '', 10);
    if (message.status === 491 || message.status === 500) this.#tryAgain(dialog);
    else if (message.status === 422 && least > seconds) this.#refresh(dialog, least);
    else this.hangUp(dialog, 'Session timer expired');
  }

  #tryAgain(dialog: Dialog): void {
    dialog.session?.tryIn(GLARE_MS.least + Math.random() * GLARE_MS.spread);
  }
}

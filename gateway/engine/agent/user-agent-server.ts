import { randomUUID } from 'node:crypto';
import type { App } from '../admin/app.js';
import type { Apps } from '../admin/apps.js';
import type { Clock } from '../clock.js';
import { AnswerRepeater } from '../dialog/answer-repeater.js';
import { type Dialog, dialogIdOf, dialogOfAnswer } from '../dialog/dialog.js';
import type { Dialogs } from '../dialog/dialogs.js';
import { settleAnswer } from '../dialog/session-timer.js';
import type { Flows } from '../flows.js';
import type { IncomingRequest } from '../message/incoming.js';
import type { SipResponse } from '../message/message.js';
import type { ServerTransaction } from '../transaction/server.js';
import type { Transactions, TransactionUser } from '../transaction/transactions.js';
import type { Hop } from '../transport/connection.js';
import type { Transport } from '../transport/transport.js';
import { confirmResponse, refuse, tellNewRequest, tellRequest } from './app-messages.js';
import { ComposeError, composeResponse, engineResponse, newTag, tagGivenByApp } from './compose.js';
import type { DialogCare } from './dialog-care.js';
import { bindFlow } from './flow-binding.js';
import { Pending, PendingRequests } from './pending.js';
import { ALLOWED, faultInDialog, faultOutOfDialog, wantsReliable } from './request-faults.js';

const UNKNOWN = 'Response not sent due to unknown transaction';

interface Deps {
  readonly clock: Clock;
  readonly apps: Apps;
  readonly dialogs: Dialogs;
  readonly flows: Flows;
  readonly transport: Transport;
  readonly care: DialogCare;
  readonly transactions: Transactions;
  readonly refuseStateless: (request: IncomingRequest, source: Hop, status: number) => void;
}

/** Gives requests of the network to apps and their answers back (RFC 3261 sections 8.2, 9.2, 12.2.2, 13.3). */
export class UserAgentServer implements TransactionUser {
  readonly #deps: Deps;
  readonly #pending: PendingRequests;

  constructor(deps: Deps) {
    this.#deps = deps;
    this.#pending = new PendingRequests(deps.clock);
  }

  request(transaction: ServerTransaction): void {
    const dialog = this.#deps.dialogs.of(transaction.request);
    if (dialog === undefined) this.#outOfDialog(transaction);
    else this.#inDialog(transaction, dialog);
  }

  overloaded(request: IncomingRequest, source: Hop): void {
    this.#deps.refuseStateless(request, source, 503);
  }

  acknowledged(ack: IncomingRequest, source: Hop): void {
    const dialog = this.#deps.dialogs.of(ack);
    if (dialog?.answer === undefined || dialog.answer.cseq !== ack.cseq) return;
    const { txnId } = dialog.answer;
    dialog.answer.stop();
    dialog.answer = undefined;
    dialog.heardFrom(source);
    if (dialog.app !== undefined) tellRequest(dialog.app, ack.message, source, txnId, dialog.id);
    this.#deps.care.proceed(dialog);
  }

  cancelled(cancel: ServerTransaction, invite: ServerTransaction | undefined): void {
    if (invite === undefined) return void cancel.respond(engineResponse(cancel.request, 481, newTag()));
    const pending = this.#pending.of(invite);
    cancel.respond(engineResponse(cancel.request, 200, pending?.localTag ?? newTag()));
    if (pending === undefined || !invite.open) return;
    invite.respond(engineResponse(invite.request, 487, pending.localTag));
    this.#close(pending);
    const dialogId = pending.dialog?.id ?? pending.dialogId;
    tellRequest(pending.app, cancel.request.message, cancel.source, pending.txnId, dialogId);
  }

  /** A response frame of an app's. */
  respond(app: App, frameId: string, txnId: string, asked: SipResponse): void {
    const pending = this.#pending.get(txnId);
    if (pending === undefined || pending.app !== app) {
      refuse(app, frameId, UNKNOWN);
      return;
    }
    const { transaction } = pending;
    if (asked.status > 100 && asked.status < 200 && wantsReliable(asked.headers)) {
      refuse(app, frameId, 'Remote endpoint does not support 100rel');
      return;
    }
    if (transaction.request.message.method === 'INVITE' && pending.dialog === undefined && asked.status > 100) {
      pending.localTag = pending.dialogId === '' ? (tagGivenByApp(asked) ?? pending.localTag) : pending.localTag;
      pending.dialogId = dialogIdOf(transaction.request.callId, transaction.request.fromTag);
    }
    const response = this.#compose(pending, frameId, asked);
    if (response !== undefined) this.#send(pending, frameId, response);
  }

  /** Refuses everything an app had still to answer. */
  appGone(app: App): void {
    for (const pending of this.#pending.ofApp(app)) this.#refuse(pending, 503);
  }

  clear(): void {
    this.#pending.clear();
  }

  #outOfDialog(transaction: ServerTransaction): void {
    const { request } = transaction;
    const { method } = request.message;
    const status = faultOutOfDialog(transaction, this.#deps);
    if (status !== undefined) {
      this.#answer(transaction, status);
      return;
    }
    const app = this.#deps.apps.pick(method);
    if (method === 'INVITE') this.#answer(transaction, 100);
    if (app === undefined) {
      this.#answer(transaction, 503);
      return;
    }
    const pending = this.#open(transaction, app, undefined);
    const local = this.#deps.transport.localFor(transaction.source);
    tellNewRequest(app, request.message, transaction.source, pending.txnId, local);
  }

  #inDialog(transaction: ServerTransaction, dialog: Dialog): void {
    const { request, source } = transaction;
    const { method } = request.message;
    const status = faultInDialog(request, dialog);
    if (status !== undefined || dialog.app === undefined) {
      this.#answer(transaction, status ?? 481);
      return;
    }
    dialog.remoteCseq = request.cseq;
    dialog.heardFrom(source);
    dialog.noteAllow(request.message.headers.all('allow'));
    if (method === 'INVITE') this.#answer(transaction, 100);
    if (method === 'INVITE' || method === 'UPDATE') dialog.refreshTarget(request.contacts);
    const pending = this.#open(transaction, dialog.app, dialog);
    if (method === 'INVITE') dialog.inviteFromPeer = { refuse: (status) => this.#refuse(pending, status) };
    if (method === 'BYE') this.#ended(dialog);
    tellRequest(dialog.app, request.message, source, pending.txnId, dialog.id);
  }

  #ended(dialog: Dialog): void {
    dialog.inviteFromPeer?.refuse(487);
    this.#deps.dialogs.remove(dialog);
  }

  #open(transaction: ServerTransaction, app: App, dialog: Dialog | undefined): Pending {
    const pending = new Pending({
      txnId: randomUUID(),
      transaction,
      app,
      dialog,
      localTag: dialog?.localTag ?? newTag(),
    });
    this.#pending.add(pending, () => {
      if (transaction.request.message.method === 'INVITE') return this.#refuse(pending, 503);
      transaction.abandon();
      this.#close(pending);
    });
    return pending;
  }

  #compose(pending: Pending, frameId: string, asked: SipResponse): SipResponse | undefined {
    const { transaction, app } = pending;
    const { source, request } = transaction;
    const way = { protocol: source.protocol, local: this.#deps.transport.localFor(source) };
    try {
      return composeResponse(request, asked, pending.localTag, way);
    } catch (error) {
      if (!(error instanceof ComposeError)) throw error;
      // The peer must not wait for an answer the app believes it gave.
      this.#refuse(pending, 500);
      refuse(app, frameId, `Server error: ${error.message}`);
      return undefined;
    }
  }

  #send(pending: Pending, frameId: string, response: SipResponse): void {
    const { transaction, app, txnId } = pending;
    const { request, source } = transaction;
    const { method } = request.message;
    const success = response.status >= 200 && response.status < 300;
    const made = method === 'INVITE' && success ? this.#dialogFor(pending, response) : pending.dialog;
    if (made === 'collision') {
      this.#refuse(pending, 480);
      refuse(app, frameId, 'dialog already exists, rejecting this request');
      return;
    }
    const terms = success
      ? settleAnswer(request.message.headers, response.headers, pending.dialog?.session?.terms)
      : undefined;
    const bytes = transaction.respond(response);
    if (bytes === undefined) {
      if (made !== undefined && pending.dialog === undefined) this.#deps.dialogs.remove(made);
      this.#close(pending);
      refuse(app, frameId, UNKNOWN);
      return;
    }
    if (response.status >= 200) this.#close(pending);
    else this.#pending.prolong(pending);
    if (success) bindFlow(this.#deps.flows, request, response, source);
    const dialogId = method === 'BYE' ? '' : (made?.id ?? pending.dialogId);
    confirmResponse(app, frameId, { bytes, hop: source, txnId, dialogId });
    if (success && made !== undefined) this.#accepted(pending, made, response, bytes);
    if (success && made !== undefined && (method === 'INVITE' || method === 'UPDATE')) {
      this.#deps.care.renewSession(made, terms);
    }
  }

  /** The dialog a 2xx confirms or makes. */
  #dialogFor(pending: Pending, response: SipResponse): Dialog | 'collision' {
    if (pending.dialog !== undefined) return pending.dialog;
    const { transaction, app, localTag } = pending;
    const contact = response.headers.get('contact') ?? '';
    const dialog = dialogOfAnswer(transaction.request, transaction.source, { app, localTag, contact });
    if (!this.#deps.dialogs.add(dialog)) {
      dialog.finish();
      return 'collision';
    }
    dialog.state = 'confirmed';
    dialog.noteAllow(transaction.request.message.headers.all('allow'));
    return dialog;
  }

  /** Keeps what an accepted INVITE or UPDATE settled, and repeats the 2xx until the ACK. */
  #accepted(pending: Pending, dialog: Dialog, response: SipResponse, bytes: Buffer): void {
    const { request, source } = pending.transaction;
    const { method } = request.message;
    if (method !== 'INVITE' && method !== 'UPDATE') return;
    if (response.body.length > 0) dialog.localSdp = response.body;
    if (method === 'UPDATE' || dialog.state === 'ended') return;
    dialog.localContact = response.headers.get('contact') ?? dialog.localContact;
    // RFC 3261 section 13.3.1.4; only the first INVITE's ACK is known to the app by the INVITE's id.
    const txnId = pending.dialog === undefined ? pending.txnId : randomUUID();
    dialog.answer = new AnswerRepeater(
      { cseq: request.cseq, txnId },
      {
        clock: this.#deps.clock,
        send: () => this.#deps.transport.send(source, bytes, () => undefined),
        expired: () => {
          dialog.answer = undefined;
          this.#deps.care.hangUp(dialog, 'ACK timeout');
        },
      },
    );
  }

  #answer(transaction: ServerTransaction, status: number): void {
    const response = engineResponse(transaction.request, status, status === 100 ? undefined : newTag());
    if (status === 420) response.headers.append('Unsupported', '100rel');
    if (status === 501) response.headers.append('Allow', ALLOWED);
    if (status === 500) response.headers.append('Retry-After', String(Math.floor(Math.random() * 10)));
    transaction.respond(response);
  }

  #refuse(pending: Pending, status: number): void {
    pending.transaction.respond(engineResponse(pending.transaction.request, status, pending.localTag));
    this.#close(pending);
  }

  #close(pending: Pending): void {
    this.#pending.remove(pending);
    const { dialog, transaction } = pending;
    if (dialog !== undefined && transaction.request.message.method === 'INVITE') dialog.inviteFromPeer = undefined;
  }
}

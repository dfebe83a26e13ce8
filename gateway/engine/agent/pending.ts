import type { App } from '../admin/app.js';
import type { Clock, Timer } from '../clock.js';
import type { Dialog } from '../dialog/dialog.js';
import { type ServerTransaction, UNANSWERED_MS } from '../transaction/server.js';

/** How long an INVITE may stay provisional without another word of the app's. */
const RINGING_MS = 10 * 60_000;

/** A request an app has been given and not finally answered. */
export class Pending {
  readonly txnId: string;
  readonly transaction: ServerTransaction;
  readonly app: App;
  /** The dialog the request came in. */
  readonly dialog: Dialog | undefined;
  /** Our tag in To, the same in every response. */
  localTag: string;
  /** The dialog's id; for a new INVITE once the app has answered anything. */
  dialogId: string;
  timer: Timer | undefined;
  overdue: () => void = () => undefined;

  constructor(setup: {
    txnId: string;
    transaction: ServerTransaction;
    app: App;
    dialog: Dialog | undefined;
    localTag: string;
  }) {
    this.txnId = setup.txnId;
    this.transaction = setup.transaction;
    this.app = setup.app;
    this.dialog = setup.dialog;
    this.localTag = setup.localTag;
    this.dialogId = setup.dialog?.id ?? '';
  }
}

/** All such requests, by the id the app knows them by and by transaction. */
export class PendingRequests {
  readonly #clock: Clock;
  readonly #byId = new Map<string, Pending>();
  readonly #byTransaction = new Map<ServerTransaction, Pending>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** `overdue` is called when the app leaves it without an answer. */
  add(pending: Pending, overdue: () => void): void {
    this.#byId.set(pending.txnId, pending);
    this.#byTransaction.set(pending.transaction, pending);
    pending.overdue = overdue;
    pending.timer = this.#clock.after(UNANSWERED_MS, overdue);
  }

  /** The app answered provisionally: it knows of the request and may take its time. */
  prolong(pending: Pending): void {
    pending.timer?.cancel();
    pending.timer = this.#clock.after(RINGING_MS, pending.overdue);
  }

  remove(pending: Pending): void {
    pending.timer?.cancel();
    this.#byId.delete(pending.txnId);
    this.#byTransaction.delete(pending.transaction);
  }

  get(txnId: string): Pending | undefined {
    return this.#byId.get(txnId);
  }

  of(transaction: ServerTransaction): Pending | undefined {
    return this.#byTransaction.get(transaction);
  }

  ofApp(app: App): Pending[] {
    return [...this.#byId.values()].filter((pending) => pending.app === app);
  }

  clear(): void {
    for (const pending of [...this.#byId.values()]) this.remove(pending);
  }
}

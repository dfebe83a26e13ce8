import { randomUUID } from 'node:crypto';
import type { App } from '../admin/app.js';
import type { Timer } from '../clock.js';
import type { Dialog } from '../dialog/dialog.js';
import type { SipRequest } from '../message/message.js';
import type { ClientTransaction } from '../transaction/client.js';

// none --app cancels--> held (no provisional yet) --1xx--> sent
//   +--app cancels after a 1xx--> sent
export type CancelState = 'none' | 'held' | 'sent';

/** A request of an app's that is under way, known to it by a transaction id. */
export class Call {
  readonly txnId: string = randomUUID();
  readonly app: App;
  readonly method: string;
  /** The dialog it runs in, or for a new INVITE the one its answers made. */
  dialog: Dialog | undefined;
  /** Whether it makes a dialog: an INVITE outside of one. */
  readonly initial: boolean;
  request: SipRequest | undefined;
  client: ClientTransaction | undefined;
  provisional = false;
  cancel: CancelState = 'none';
  cancelTimer: Timer | undefined;
  /** The held CANCEL, whole but for being sent. */
  heldCancel: SipRequest | undefined;
  /** Whether a final response has been seen. */
  final = false;
  sdp: Buffer | undefined;

  constructor(app: App, method: string, dialog: Dialog | undefined) {
    this.app = app;
    this.method = method;
    this.dialog = dialog;
    this.initial = method === 'INVITE' && dialog === undefined;
  }
}

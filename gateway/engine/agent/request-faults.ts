import { type Dialog, dialogIdOf } from '../dialog/dialog.js';
import type { Dialogs } from '../dialog/dialogs.js';
import type { Headers } from '../message/headers.js';
import type { IncomingRequest } from '../message/incoming.js';
import type { ServerTransaction } from '../transaction/server.js';
import type { Transactions } from '../transaction/transactions.js';

/** Methods a new request may have, as drachtio routes them. */
const ROUTABLE = new Set(['INVITE', 'REGISTER', 'MESSAGE', 'OPTIONS', 'INFO', 'NOTIFY', 'SUBSCRIBE', 'PUBLISH']);
/** Methods that make no sense outside of a dialog. */
const DIALOG_ONLY = new Set(['BYE', 'UPDATE', 'PRACK']);
const IN_DIALOG = new Set(['INVITE', 'BYE', 'INFO', 'OPTIONS', 'MESSAGE', 'NOTIFY', 'REFER', 'UPDATE', 'SUBSCRIBE']);

/** For the Allow of a 501. */
export const ALLOWED: string = [...ROUTABLE, 'BYE', 'UPDATE', 'REFER', 'ACK', 'CANCEL'].join(', ');

/** Whether reliable provisional responses (RFC 3262) are demanded, which the engine does not speak. */
export function wantsReliable(headers: Headers): boolean {
  return headers.all('require').some((value) => /(^|[\s,])100rel([\s,]|$)/i.test(value));
}

/** With which status a request that belongs to no dialog is refused, if it is. */
export function faultOutOfDialog(
  transaction: ServerTransaction,
  { dialogs, transactions }: { dialogs: Dialogs; transactions: Transactions },
): number | undefined {
  const { message, toTag, callId, fromTag } = transaction.request;
  const { method, headers } = message;
  if (DIALOG_ONLY.has(method) || (method === 'INVITE' && toTag !== undefined)) return 481;
  if (!ROUTABLE.has(method)) return 501;
  if (transactions.isMerged(transaction)) return 482;
  if (method === 'INVITE') {
    if (wantsReliable(headers)) return 420;
    // It would make a dialog that already is one.
    if (dialogs.get(dialogIdOf(callId, fromTag)) !== undefined) return 482;
  }
  const wildcard = method === 'REGISTER' && headers.get('contact') === '*';
  return wildcard && headers.get('expires') !== '0' ? 400 : undefined;
}

/** With which status a request in a dialog is refused, if it is. */
export function faultInDialog({ message, cseq }: IncomingRequest, dialog: Dialog): number | undefined {
  const { method } = message;
  if (!IN_DIALOG.has(method)) return method === 'PRACK' ? 481 : 501;
  // RFC 3261 section 12.2.2: out of order.
  if (cseq < dialog.remoteCseq) return 500;
  if (method !== 'INVITE') return undefined;
  // RFC 3261 section 14.2.
  if (dialog.inviteFromUs !== undefined) return 491;
  return dialog.inviteFromPeer !== undefined || dialog.answer !== undefined ? 500 : undefined;
}

import type { App } from '../admin/app.js';
import { wayFields } from '../admin/leader.js';
import type { IncomingResponse } from '../message/incoming.js';
import { type SipRequest, type SipResponse, serialise } from '../message/message.js';
import type { Hop, LocalAddress } from '../transport/connection.js';
import type { Sent } from './sender.js';

type OnItsWay = Pick<Sent, 'bytes' | 'hop'>;

/** A request from the network that no dialog knows. */
export function tellNewRequest(app: App, request: SipRequest, source: Hop, txnId: string, local: LocalAddress): void {
  const bytes = serialise(request);
  app.event(['network', ...wayFields(bytes.length, source), txnId, '', local.host, String(local.port), ''], bytes);
}

/** A request in a dialog, or a CANCEL. */
export function tellRequest(app: App, request: SipRequest, source: Hop, txnId: string, dialogId: string): void {
  const bytes = serialise(request);
  app.event(['network', ...wayFields(bytes.length, source), txnId, dialogId, ''], bytes);
}

export function tellResponse(
  app: App,
  { message }: Pick<IncomingResponse, 'message'>,
  source: Hop,
  ids: { txnId: string; dialogId: string },
): void {
  const bytes = serialise(message);
  app.event(['network', ...wayFields(bytes.length, source), ids.txnId, ids.dialogId, ''], bytes);
}

/** An answer the engine gives in place of a peer that cannot be reached. */
export function tellLocalAnswer(app: App, answer: SipResponse, ids: { txnId: string; dialogId: string }): void {
  app.event(['network', ...wayFields(0, undefined), ids.txnId, ids.dialogId, ''], serialise(answer));
}

/** A BYE the engine sent by itself. */
export function tellUnsolicited(app: App, { bytes, hop }: OnItsWay, dialogId: string): void {
  app.event(
    ['application', ...wayFields(hop === undefined ? 0 : bytes.length, hop), 'unsolicited', dialogId, ''],
    bytes,
  );
}

/** The reply to an app's request that was sent, or that failed on the way. */
export function confirmRequest(app: App, frameId: string, txnId: string, { bytes, hop }: OnItsWay): void {
  const way = wayFields(hop === undefined ? 0 : bytes.length, hop);
  app.reply(frameId, ['OK', 'application', ...way, txnId, 'Msg sent:', ''], bytes);
}

export function confirmResponse(
  app: App,
  frameId: string,
  sent: { bytes: Buffer; hop: Hop; txnId: string; dialogId: string },
): void {
  const way = wayFields(sent.bytes.length, sent.hop);
  app.reply(frameId, ['OK', 'application', ...way, sent.txnId, sent.dialogId, '', 'Msg sent:', ''], sent.bytes);
}

export function refuse(app: App, frameId: string, text: string): void {
  app.reply(frameId, ['NOK', text]);
}

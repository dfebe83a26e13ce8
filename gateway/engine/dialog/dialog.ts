import type { App } from '../admin/app.js';
import type { Timer } from '../clock.js';
import type { Header } from '../message/headers.js';
import type { IncomingRequest, IncomingResponse } from '../message/incoming.js';
import type { SipRequest } from '../message/message.js';
import { formatNameAddr, parseNameAddrs, withTag } from '../message/name-addr.js';
import { parseSipUri } from '../message/uri.js';
import { type Hop, isReliable } from '../transport/connection.js';
import type { AnswerRepeater } from './answer-repeater.js';
import type { SessionTimer } from './session-timer.js';

/** Call-ID and the From tag of the first INVITE, whoever sent it: what drachtio-srf expects. */
export function dialogIdOf(callId: string, fromTag: string): string {
  return `${callId};from-tag=${fromTag}`;
}

/** The last INVITE of ours in a dialog: its CSeq and credentials, and its ACK once that has been sent. */
export interface AcceptedInvite {
  readonly cseq: number;
  readonly credentials?: readonly Header[];
  ack: Buffer | undefined;
}

// early --2xx--> confirmed --BYE, from us or from the peer--> ended
//   +--other final response--> ended
export type DialogState = 'early' | 'confirmed' | 'ended';

interface DialogSetup {
  readonly role: 'uas' | 'uac';
  readonly id: string;
  readonly app: App | undefined;
  readonly callId: string;
  readonly localTag: string;
  readonly localParty: string;
  readonly localContact: string;
  readonly localCseq: number;
  readonly remoteCseq: number;
  readonly remoteTag: string;
  readonly remoteParty: string;
  readonly routeSet: readonly string[];
  readonly target: string;
  readonly peer: Hop;
}

/** An INVITE dialog (RFC 3261 section 12): who talks to whom, where requests go, and what is under way in it. */
export class Dialog {
  readonly role: 'uas' | 'uac';
  readonly id: string;
  readonly app: App | undefined;
  readonly callId: string;
  readonly localTag: string;
  /** Our side and the peer's, as From and To of our requests, tags included. */
  readonly localParty: string;
  remoteParty: string;
  remoteTag: string;
  localContact: string;
  localCseq: number;
  remoteCseq: number;
  routeSet: readonly string[];
  /** The URI requests are addressed to. */
  target: string;
  state: DialogState = 'early';
  /** The last session description we sent, for refreshing. */
  localSdp: Buffer | undefined;
  /** Whether the peer takes UPDATE. */
  peerTakesUpdate = false;
  /** The peer's INVITE that we accepted and that is not acknowledged. */
  answer: AnswerRepeater | undefined;
  accepted: AcceptedInvite | undefined;
  session: SessionTimer | undefined;
  /** Why the dialog ends as soon as its ACK is sent, if it does. */
  endAfterAck: string | undefined;
  /** Ends what a BYE did not, since the peer asked for credentials that may never come. */
  lastChance: Timer | undefined;
  /** An INVITE of the peer's that nobody has finally answered. */
  inviteFromPeer: { refuse(status: number): void } | undefined;
  /** An INVITE of ours without a final answer. */
  inviteFromUs: { cancel(): void } | undefined;
  /** What waits for the open INVITE of ours, or for the ACK to our answer. */
  readonly waiting: (() => void)[] = [];
  #peer: Hop;

  constructor(setup: DialogSetup) {
    this.role = setup.role;
    this.id = setup.id;
    this.app = setup.app;
    this.callId = setup.callId;
    this.localTag = setup.localTag;
    this.localParty = setup.localParty;
    this.localContact = setup.localContact;
    this.localCseq = setup.localCseq;
    this.remoteCseq = setup.remoteCseq;
    this.remoteTag = setup.remoteTag;
    this.remoteParty = setup.remoteParty;
    this.routeSet = setup.routeSet;
    this.target = setup.target;
    this.#peer = setup.peer;
    this.#peer.connection?.hold();
  }

  /** Where the peer was last heard from. */
  get peer(): Hop {
    return this.#peer;
  }

  /** Notes where the peer speaks from now: it may have reconnected or got another address. */
  heardFrom(hop: Hop): void {
    if (this.state === 'ended' || hop.connection === this.#peer.connection) {
      if (hop.connection === undefined) this.#peer = hop;
      return;
    }
    this.#peer.connection?.release();
    this.#peer = hop;
    hop.connection?.hold();
  }

  /** Takes the Contact of a target refresh (RFC 3261 section 12.2). */
  refreshTarget(contacts: readonly { readonly uri: string }[]): void {
    const [contact] = contacts;
    if (contact !== undefined && parseSipUri(contact.uri) !== undefined) this.target = contact.uri;
  }

  noteAllow(allow: readonly string[]): void {
    if (allow.length > 0) this.peerTakesUpdate = allow.some((value) => /(^|[\s,])UPDATE([\s,]|$)/i.test(value));
  }

  /** Stops all that runs and lets go of the connection. */
  finish(): void {
    if (this.state === 'ended') return;
    this.state = 'ended';
    this.answer?.stop();
    this.session?.stop();
    this.lastChance?.cancel();
    this.answer = undefined;
    this.session = undefined;
    this.#peer.connection?.release();
    for (const run of this.waiting.splice(0)) run();
  }
}

/** The dialog a 2xx of ours makes (RFC 3261 section 12.1.1). */
export function dialogOfAnswer(
  request: IncomingRequest,
  source: Hop,
  ours: { app: App; localTag: string; contact: string },
): Dialog {
  const { callId, fromTag } = request;
  return new Dialog({
    role: 'uas',
    id: dialogIdOf(callId, fromTag),
    app: ours.app,
    callId,
    localTag: ours.localTag,
    localParty: formatNameAddr(withTag(request.to, ours.localTag)),
    localContact: ours.contact,
    localCseq: Math.floor(Math.random() * 0x3fff_ffff),
    remoteCseq: request.cseq,
    remoteTag: fromTag,
    remoteParty: request.message.headers.get('from') ?? '',
    routeSet: routesOf(request.message.headers.all('record-route')),
    target: request.contacts[0]?.uri ?? request.from.uri,
    peer: source,
  });
}

/** The dialog an answer to an INVITE of ours makes, early or not (RFC 3261 section 12.1.2). */
export function dialogOfInvite(
  invite: SipRequest,
  response: IncomingResponse,
  source: Hop,
  app: App | undefined,
): Dialog {
  const dialog = new Dialog({
    role: 'uac',
    id: dialogIdOf(response.callId, response.fromTag),
    app,
    callId: response.callId,
    localTag: response.fromTag,
    localParty: invite.headers.get('from') ?? '',
    localContact: invite.headers.get('contact') ?? '',
    localCseq: response.cseq,
    remoteCseq: 0,
    remoteTag: response.toTag ?? '',
    remoteParty: response.message.headers.get('to') ?? '',
    routeSet: [],
    target: invite.uri,
    peer: source,
  });
  adoptAnswer(dialog, response, source);
  return dialog;
}

/** Takes tag, route set and target from a response, the last of which counts until there is a 2xx. */
export function adoptAnswer(dialog: Dialog, response: IncomingResponse, source: Hop): void {
  const { headers } = response.message;
  dialog.remoteTag = response.toTag ?? '';
  dialog.remoteParty = headers.get('to') ?? dialog.remoteParty;
  dialog.routeSet = routesOf(headers.all('record-route')).reverse();
  dialog.heardFrom(source);
  dialog.refreshTarget(response.contacts);
  dialog.noteAllow(headers.all('allow'));
}

function routesOf(values: readonly string[]): string[] {
  return (parseNameAddrs(values) ?? []).map(formatNameAddr);
}

/**
 * Whether requests go where the peer was heard from and not where its Contact points: over a connection always, over
 * UDP when a NAT rewrote the address and no proxy stands between.
 */
export function goesToPeer(dialog: Dialog): boolean {
  if (isReliable(dialog.peer)) return dialog.peer.connection?.open === true;
  if (dialog.routeSet.length > 0) return false;
  const contact = parseSipUri(dialog.target);
  if (contact === undefined) return true;
  const { address, port } = dialog.peer;
  return contact.host !== address || (dialog.role === 'uas' && (contact.port ?? 5060) !== port);
}

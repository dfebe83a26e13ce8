/**
 * SIP as the application sees it: requests that come in, dialogs, requests that go out. Who speaks it on the
 * wire (the embedded engine or a drachtio-server) does not show.
 */
import type { FlowTransport } from '../rooms/contact-binding.js';

export type Headers = Record<string, string>;

/** Where a request came from. */
export interface Source {
  readonly address: string;
  readonly port: number;
  readonly transport: FlowTransport;
}

export interface Reply {
  readonly status: number;
  readonly reason?: string;
  readonly headers?: Headers;
  readonly body?: string;
}

export interface IncomingRequest {
  readonly method: string;
  /** The Request-URI as written. */
  readonly uri: string;
  readonly body: string;
  readonly source: Source;
  /** A header's value, folded lines joined; several of a name are joined by a comma. */
  header(name: string): string | undefined;
  /** True once a final reply was sent. */
  readonly replied: boolean;
  /** Sends a reply. Resolves when it is on the wire; rejects with `unavailable` when it cannot be sent any more. */
  reply(reply: Reply): Promise<void>;
}

export interface IncomingInvite extends IncomingRequest {
  /**
   * Says that the caller cancelled before the answer, at once if they did so already; the CANCEL and the INVITE (487)
   * are answered. One listener only.
   */
  onCancel(listener: () => void): void;
  /**
   * Answers 200 and so makes a dialog. The listener hears everything that follows, also what arrives before
   * the promise resolves.
   */
  accept(answer: { sdp: string; headers?: Headers }, listener: DialogListener): Promise<SipDialog>;
}

/** Why the far end, or the stack in its place, ended a dialog. */
export type DialogEnd = 'bye' | 'ack-timeout' | 'session-expired' | 'cancel-race' | 'stack' | 'link-lost';

export interface DialogListener {
  ended(why: DialogEnd): void;
  /** An ACK arrived; its body is not empty when the offer was ours. */
  acknowledged(body: string): void;
  /** Any request but BYE and ACK; whoever listens replies. */
  requested(request: IncomingRequest): void;
}

/** A final response, and what its headers say. */
export interface FinalResponse {
  readonly status: number;
  /** As of an incoming request. */
  header(name: string): string | undefined;
}

/** Why there is no answer: nobody in time, or no way to reach them. */
export type NoAnswer = { readonly none: 'timeout' | 'no-flow' | 'no-dialog' | 'link-lost' };

export type Answer = { readonly status: number } | NoAnswer;

export interface SipDialog {
  readonly callId: string;
  /** Sends a request within the dialog. */
  request(request: { method: string; headers?: Headers; body?: string }, deadlineMs: number): Promise<Answer>;
  /** Ends the dialog; resolves when the far end answered, or after `deadlineMs`. Does nothing when it has ended. */
  bye(deadlineMs: number, headers?: Headers): Promise<void>;
}

export interface OutgoingRequest {
  readonly method: string;
  readonly uri: string;
  readonly to: string;
  /** Where the URI was registered from: where to send it, whatever the URI says. */
  readonly target: Source;
  /** From, Call-ID and CSeq among them, where a registration has to keep them. */
  readonly headers?: Headers;
}

/** What a challenge (401 or 407) is answered with, once for each who asks. */
export interface Credentials {
  readonly username: string;
  readonly password: string;
}

/** An INVITE of ours. */
export interface OutgoingInvite {
  readonly uri: string;
  /** Name and address, brackets and all. */
  readonly from: string;
  readonly to: string;
  readonly target: Source;
  readonly sdp: string;
  readonly headers?: Headers;
  readonly credentials?: Credentials;
}

/** What became of a call of ours: the answer's dialog and SDP, the refusal, or why there was neither. */
export type CallOutcome =
  | { readonly dialog: SipDialog; readonly sdp: string }
  /** `contacts` are the URIs of a redirect (3xx). */
  | { readonly refused: number; readonly contacts?: readonly string[] }
  /** In time came `no-response`: not even word that it rings; or such word and no more, `timeout`. */
  | { readonly none: 'timeout' | 'no-response' | 'no-flow' | 'link-lost' | 'cancelled' };

export interface OutgoingCall {
  /** Settles when the far end has answered, refused or not answered in time; never rejects. */
  readonly outcome: Promise<CallOutcome>;
  /**
   * Gives up: sends CANCEL as soon as that is allowed, with these headers (RFC 3326). An answer that crosses it is
   * acknowledged and ended. Idempotent; does nothing after the outcome.
   */
  cancel(headers?: Headers): void;
}

export interface SipServer {
  /** True while the link to the stack is up. */
  readonly linked: boolean;
  /** Sends a request outside of any dialog. */
  request(request: OutgoingRequest, deadlineMs: number): Promise<Answer>;
  /** The same, for whoever needs to read the response. */
  ask(request: OutgoingRequest, deadlineMs: number): Promise<FinalResponse | NoAnswer>;
  /** Calls a contact for so long. The listener hears all that follows the answer, also before the outcome settles. */
  call(invite: OutgoingInvite, deadlineMs: number, listener: DialogListener): OutgoingCall;
  close(): Promise<void>;
}

export interface SipHandlers {
  invite(request: IncomingInvite): Promise<void>;
  /** Every other request outside of a dialog. */
  request(request: IncomingRequest): Promise<void>;
}

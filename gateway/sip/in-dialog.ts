import type { MediaLeg } from '../media/media.js';
import { ALLOW, CAPABILITIES, refuseBody, refuseExtensions } from './capabilities.js';
import { readDtmfInfo } from './dtmf-info.js';
import { answerSessionTimer } from './session-timer.js';
import type { IncomingRequest, Reply } from './sip-server.js';
import { replyTo } from './status.js';

export interface InDialogOptions {
  media: MediaLeg;
  minSessionSeconds: number;
  /** The 200 that made the dialog carries our offer: the answer comes with its ACK. */
  offered: boolean;
  onHeld(held: boolean): void;
  onDigit(digit: string, durationMs: number): void;
  /** The answer to our offer never came, or cannot be used. */
  onUnanswered(error: unknown): void;
}

/** How a refused second re-INVITE is told to come again (RFC 3261 section 14.2): 0 to 10 s. */
const MAX_RETRY_SECONDS = 10;

/** Answers what comes within a dialog, and keeps offers and answers one after the other (RFC 6337 section 4). */
export class InDialog {
  readonly #options: InDialogOptions;
  /** The call in which our own offer waits for its answer. */
  #offer: 'initial' | 're-invite' | undefined;
  #negotiating = false;

  constructor(options: InDialogOptions) {
    this.#options = options;
    this.#offer = options.offered ? 'initial' : undefined;
  }

  async handle(request: IncomingRequest): Promise<void> {
    const refusal = refuseExtensions(request);
    await request.reply(refusal ?? (await this.#answer(request)));
  }

  /** Takes the answer to our offer out of an ACK; any other ACK is none of our business. */
  async acknowledged(body: string): Promise<void> {
    const offer = this.#offer;
    if (offer === undefined) return;
    this.#offer = undefined;
    const { media, onHeld, onUnanswered } = this.#options;
    try {
      // The session is what it was: the answer only says where the far end is now, as an offer of theirs would.
      if (offer === 'initial') await media.acceptAnswer(body);
      else if (body !== '') await media.renegotiate(body);
      onHeld(media.held);
    } catch (error) {
      if (offer === 'initial') onUnanswered(error);
    }
  }

  async #answer(request: IncomingRequest): Promise<Reply> {
    switch (request.method) {
      case 'INVITE':
      case 'UPDATE':
        return this.#refresh(request);
      case 'INFO':
        return this.#info(request);
      case 'OPTIONS':
        return { status: 200, headers: CAPABILITIES };
      case 'REFER':
        return { status: 603 };
      case 'MESSAGE':
      case 'NOTIFY':
      case 'SUBSCRIBE':
      case 'PUBLISH':
        return { status: 405, headers: { Allow: ALLOW } };
      default:
        return { status: 501, headers: { Allow: ALLOW } };
    }
  }

  async #refresh(request: IncomingRequest): Promise<Reply> {
    const refusal = refuseBody(request);
    if (refusal !== undefined) return refusal;
    const timer = answerSessionTimer(request, this.#options.minSessionSeconds);
    if ('refusal' in timer) return timer.refusal;
    const headers = { ...CAPABILITIES, ...timer.headers };
    if (request.body === '' && request.method === 'UPDATE') return { status: 200, headers };
    // An offer while ours is open (RFC 3261 section 14.2, RFC 3311 section 5.2).
    if (this.#offer !== undefined) return { status: 491 };
    if (this.#negotiating) return { status: 500, headers: { 'Retry-After': String(retrySeconds()) } };
    if (request.body !== '') return this.#negotiate(request.body, headers);
    this.#offer = 're-invite';
    return { status: 200, headers, body: this.#options.media.offerAgain() };
  }

  async #negotiate(offer: string, headers: Record<string, string>): Promise<Reply> {
    const { media, onHeld } = this.#options;
    this.#negotiating = true;
    try {
      const body = await media.renegotiate(offer);
      onHeld(media.held);
      return { status: 200, headers, body };
    } catch (error) {
      // The session goes on as it was (RFC 3261 section 14.2).
      return replyTo(error);
    } finally {
      this.#negotiating = false;
    }
  }

  #info(request: IncomingRequest): Reply {
    if (request.body === '') return { status: 200 };
    const digit = readDtmfInfo(request.header('content-type') ?? '', request.body);
    if (digit === undefined) return { status: 415, headers: { Accept: 'application/dtmf-relay, application/dtmf' } };
    this.#options.onDigit(digit.digit, digit.durationMs);
    return { status: 200 };
  }
}

function retrySeconds(): number {
  return Math.floor(Math.random() * (MAX_RETRY_SECONDS + 1));
}

import { RoomlineError } from '../errors.js';
import type { Apart, Media, MediaLeg } from '../media/media.js';
import type { RoomNumber } from '../rooms/room.js';
import type { LeaveCause } from '../rooms/roster.js';
import { CAPABILITIES } from './capabilities.js';
import type { LegOrigin } from './leg-origin.js';
import type { DialogListener, Headers, IncomingInvite, SipDialog, Source } from './sip-server.js';
import { replyTo } from './status.js';

/** A leg that begins with an INVITE from outside. */
export class DialledIn implements LegOrigin {
  readonly dialled = 'in';
  readonly source: Source;
  readonly callId: string | undefined;
  readonly answerInAck: boolean;
  readonly #invite: IncomingInvite;
  readonly #headers: Headers;
  #gone = false;

  /** `headers` go into the 200. */
  constructor(invite: IncomingInvite, headers: Headers = {}) {
    this.#invite = invite;
    this.#headers = headers;
    this.source = invite.source;
    this.callId = invite.header('call-id');
    this.answerInAck = invite.body === '';
  }

  onGone(listener: () => void): void {
    this.#invite.onCancel(() => {
      this.#gone = true;
      listener();
    });
  }

  openMedia(media: Media, leg: string, room: RoomNumber | Apart): Promise<MediaLeg> {
    return this.answerInAck ? media.openWithoutOffer(leg, room) : media.open(leg, room, this.#invite.body);
  }

  connect(sdp: string, listener: DialogListener): Promise<SipDialog> {
    return this.#invite.accept({ sdp, headers: { ...CAPABILITIES, ...this.#headers } }, listener);
  }

  async completeMedia(): Promise<void> {}

  withdraw(): void {}

  async refuse(cause: LeaveCause, failure: unknown): Promise<void> {
    if (this.#gone || this.#invite.replied) return;
    await this.#invite.reply(replyTo(cause === 'shutdown' ? shuttingDown() : failure));
  }
}

/** What a call hears that comes while we end. */
export function shuttingDown(): RoomlineError {
  return new RoomlineError('unavailable', 'this gateway is shutting down', { retryAfterSeconds: 10 });
}

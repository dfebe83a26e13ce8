import { RoomlineError } from '../errors.js';
import { EventBus } from '../events.js';
import type { Log } from '../log.js';
import type { Apart, Media, MediaLeg } from '../media/media.js';
import type { RoomNumber } from '../rooms/room.js';
import type { LeaveCause } from '../rooms/roster.js';
import { NEVER_PLAYED, type Playback, type PlayOptions, type Sound } from '../sound.js';
import type { AnsweredCall } from './answered-call.js';
import { InDialog } from './in-dialog.js';
import { type DigitWay, KeyPresses } from './key-presses.js';
import type { LegOrigin } from './leg-origin.js';
import { Liveness } from './liveness.js';
import type { DialogEnd, DialogListener, Headers, IncomingRequest, SipDialog } from './sip-server.js';

/** Media that is not up by then will not come. */
const OPENING_TIMEOUT_MS = 10_000;
/** How long we wait for the answer to our BYE. */
const BYE_TIMEOUT_MS = 4000;

// opening ------------> answering -> up -> ended     dialled in
// opening -> ringing -> answering -> up -> ended     dialled out
//     (every state may go straight to ended; the first cause wins)
export type CallState = 'opening' | 'ringing' | 'answering' | 'up' | 'ended';

const NEXT: Record<CallState, readonly CallState[]> = {
  opening: ['ringing', 'answering', 'ended'],
  ringing: ['answering', 'ended'],
  answering: ['up', 'ended'],
  up: ['ended'],
  ended: [],
};

/** What a leave cause is when the far end, or the stack in its place, ends the dialog. */
const LEAVE_CAUSES: Record<DialogEnd, LeaveCause> = {
  bye: 'left',
  'ack-timeout': 'unreachable',
  'session-expired': 'expired',
  'cancel-race': 'left',
  stack: 'failed',
  'link-lost': 'failed',
};

/** Why a phone stops ringing or is hung up (RFC 3326 section 2), such as that another one was answered. */
export interface CallReason {
  readonly status: number;
  readonly text: string;
}

export type CallEvents = {
  digit: { digit: string; durationMs: number };
  held: { held: boolean };
  /** Once; `closed` resolves when the far end knows and the media is gone. */
  ended: { cause: LeaveCause; closed: Promise<void> };
};

export interface CallOptions {
  id: string;
  origin: LegOrigin;
  media: Media;
  log: Log;
  minSessionSeconds: number;
  optionsIntervalMs: number;
  optionsTimeoutMs: number;
}

/** One dialog plus its media, in a room or in none yet: opened, kept alive, heard and ended here, whoever dialled. */
export class Call implements AnsweredCall {
  readonly id: string;
  readonly origin: LegOrigin;
  readonly events: EventBus<CallEvents>;
  readonly #options: CallOptions;
  readonly #liveness: Liveness;
  readonly #over = new AbortController();
  readonly #keys: KeyPresses;
  #state: CallState = 'opening';
  #openingTimer: NodeJS.Timeout | undefined;
  #media: Promise<MediaLeg> | undefined;
  #mediaLeg: MediaLeg | undefined;
  #dialog: Promise<SipDialog> | undefined;
  #inDialog: InDialog | undefined;
  #failure: unknown;
  #endCause: LeaveCause | undefined;
  #hungUp = false;
  #closed: Promise<void> | undefined;

  constructor(options: CallOptions) {
    this.#options = options;
    this.id = options.id;
    this.origin = options.origin;
    this.events = new EventBus((error) => options.log.error({ err: error }, 'a listener of a call threw'));
    this.#keys = new KeyPresses((digit, durationMs) => {
      if (this.#state === 'up') this.events.emit('digit', { digit, durationMs });
    });
    this.#liveness = new Liveness({
      ask: (deadlineMs) => this.#askOptions(deadlineMs),
      onDead: () => void this.end('unreachable'),
      intervalMs: options.optionsIntervalMs,
      timeoutMs: options.optionsTimeoutMs,
    });
  }

  get state(): CallState {
    return this.#state;
  }

  /** Aborted as soon as it ends, for whatever reason. */
  get ended(): AbortSignal {
    return this.#over.signal;
  }

  /** The far end has us on hold. */
  get held(): boolean {
    return this.#mediaLeg?.held ?? false;
  }

  /** Why it failed, once it has. */
  get failure(): unknown {
    return this.#failure;
  }

  get endCause(): LeaveCause | undefined {
    return this.#endCause;
  }

  /** The far end said BYE. */
  get hungUp(): boolean {
    return this.#hungUp;
  }

  /**
   * Opens media in a room or apart and answers, or dials and waits for the answer. `onAnswered` is told that the far
   * end of a call of ours answered, and throws where that is of no use any more. Says whether the call is up; when it
   * is not, its far end knows.
   */
  async open(room: RoomNumber | Apart, onAnswered?: () => void): Promise<boolean> {
    const { origin } = this;
    origin.onGone(() => void this.end('left'));
    // They may have cancelled before we were there to hear it.
    if (this.#state !== 'ended') {
      this.#openingTimer = setTimeout(() => this.fail(timedOut()), OPENING_TIMEOUT_MS);
      try {
        this.#media = origin.openMedia(this.#options.media, this.id, room);
        const mediaLeg = await this.#media;
        if (this.#enter(origin.dialled === 'in' ? 'answering' : 'ringing')) await this.#connect(mediaLeg, onAnswered);
      } catch (error) {
        this.fail(error);
      }
    }
    if (this.#state !== 'ended') return true;
    await this.#closed;
    return false;
  }

  /** From here on it hears a room and is heard in it. */
  async enter(room: RoomNumber): Promise<void> {
    await this.#mediaLeg?.enter(room);
  }

  /**
   * Ends the call, whatever state it is in; the first cause wins, and a reason is told to the far end. Resolves when
   * the far end knows and the media is gone.
   */
  end(cause: LeaveCause, reason?: CallReason): Promise<void> {
    if (this.#enter('ended')) {
      this.#endCause = cause;
      this.#liveness.stop();
      this.#over.abort();
      this.#closed = this.#close(cause, reasonHeaders(reason));
      this.events.emit('ended', { cause, closed: this.#closed });
    }
    return this.#closed ?? Promise.resolve();
  }

  /** Ends it for something that went wrong. */
  fail(error: unknown): void {
    if (this.#state === 'ended') return;
    this.#failure = error;
    if (!(error instanceof RoomlineError)) this.#options.log.error({ err: error }, 'leg failed');
    else this.#options.log.info({ kind: error.kind, why: error.message }, 'leg failed');
    void this.end('failed');
  }

  play(sound: Sound, options?: PlayOptions): Playback {
    if (this.#state !== 'up' || this.#mediaLeg === undefined) return NEVER_PLAYED;
    return this.#mediaLeg.play(sound, options);
  }

  onDigit(listener: (digit: string) => void): () => void {
    return this.events.on('digit', ({ digit }) => listener(digit));
  }

  setMuted(muted: boolean): void {
    this.#mediaLeg?.setMuted(muted);
  }

  setIdle(idle: boolean): void {
    if (this.#state === 'up') this.#liveness.setIdle(idle);
  }

  /** A key was pressed, as far as the media can tell. */
  pressed(digit: string, durationMs: number, way: DigitWay = 'rtp'): void {
    this.#keys.heard(digit, durationMs, way);
  }

  #enter(state: CallState): boolean {
    if (!NEXT[this.#state].includes(state)) return false;
    this.#state = state;
    if (state !== 'opening') clearTimeout(this.#openingTimer);
    return true;
  }

  async #connect(mediaLeg: MediaLeg, onAnswered: (() => void) | undefined): Promise<void> {
    const { origin } = this;
    this.#mediaLeg = mediaLeg;
    this.#inDialog = this.#createInDialog(mediaLeg);
    this.#dialog = origin.connect(mediaLeg.sdp, this.#listener());
    await this.#dialog;
    if (this.#state === 'ringing' && this.#enter('answering')) onAnswered?.();
    await origin.completeMedia(mediaLeg);
    if (this.#enter('up')) this.#liveness.setHeld(mediaLeg.held);
  }

  #listener(): DialogListener {
    return {
      ended: (why) => {
        this.#hungUp = why === 'bye' && this.#state !== 'ended';
        void this.end(LEAVE_CAUSES[why]);
      },
      acknowledged: (body) => void this.#inDialog?.acknowledged(body),
      requested: (request) => this.#requested(request),
    };
  }

  #requested(request: IncomingRequest): void {
    const handled = this.#inDialog?.handle(request) ?? request.reply({ status: 481 });
    handled.catch((error: unknown) => this.#options.log.info({ err: error, method: request.method }, 'not replied to'));
  }

  #createInDialog(media: MediaLeg): InDialog {
    return new InDialog({
      media,
      minSessionSeconds: this.#options.minSessionSeconds,
      offered: this.origin.answerInAck,
      onHeld: (held) => {
        if (this.#state !== 'up') return;
        this.#liveness.setHeld(held);
        this.events.emit('held', { held });
      },
      onDigit: (digit, durationMs) => this.pressed(digit, durationMs, 'info'),
      onUnanswered: (error) => this.fail(error),
    });
  }

  async #askOptions(deadlineMs: number) {
    const dialog = await this.#dialog;
    return dialog?.request({ method: 'OPTIONS', headers: { Accept: 'application/sdp' } }, deadlineMs) ?? NO_DIALOG;
  }

  async #close(cause: LeaveCause, headers: Headers): Promise<void> {
    const outcomes = await Promise.allSettled([this.#closeMedia(), this.#hangUp(cause, headers)]);
    for (const outcome of outcomes) {
      if (outcome.status === 'rejected') this.#options.log.debug({ err: outcome.reason }, 'leg not closed cleanly');
    }
  }

  async #closeMedia(): Promise<void> {
    // Media that could not be opened needs no closing.
    const mediaLeg = await this.#media?.catch(() => undefined);
    await mediaLeg?.close();
  }

  /** BYE where there is a dialog or will be one; where there is none, the far end is told so as it dialled. */
  async #hangUp(cause: LeaveCause, headers: Headers): Promise<void> {
    this.origin.withdraw(headers);
    const dialog = await this.#dialog?.catch(() => undefined);
    if (dialog !== undefined) return dialog.bye(BYE_TIMEOUT_MS, headers);
    await this.origin.refuse(cause, this.#failure ?? timedOut());
  }
}

const NO_DIALOG = { none: 'no-dialog' } as const;

function reasonHeaders(reason: CallReason | undefined): Headers {
  return reason === undefined ? {} : { Reason: `SIP;cause=${reason.status};text="${reason.text}"` };
}

function timedOut(): RoomlineError {
  return new RoomlineError('unavailable', 'the media for a call did not open in time');
}

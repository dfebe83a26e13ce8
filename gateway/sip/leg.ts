import { RoomlineError } from '../errors.js';
import type { Log } from '../log.js';
import type { Media, MediaLeg } from '../media/media.js';
import type { Room } from '../rooms/room.js';
import type { Device, LeaveCause, ParticipantRole, Roster } from '../rooms/roster.js';
import type { User } from '../rooms/user.js';
import { CAPABILITIES } from './capabilities.js';
import { InDialog } from './in-dialog.js';
import { Liveness } from './liveness.js';
import type {
  DialogEnd,
  DialogListener,
  Headers,
  IncomingInvite,
  IncomingRequest,
  SipDialog,
  Source,
} from './sip-server.js';
import { replyTo } from './status.js';

/** Media that is not up by then will not come. */
const OPENING_TIMEOUT_MS = 10_000;
/** How long we wait for the answer to our BYE. */
const BYE_TIMEOUT_MS = 4000;

// opening -> answering -> joined -> ended
//     (every state may go straight to ended; the first cause wins)
export type LegState = 'opening' | 'answering' | 'joined' | 'ended';

const NEXT: Record<LegState, readonly LegState[]> = {
  opening: ['answering', 'ended'],
  answering: ['joined', 'ended'],
  joined: ['ended'],
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

export interface LegOptions {
  id: string;
  invite: IncomingInvite;
  room: Room;
  user: User;
  device: Device;
  role: ParticipantRole;
  media: Media;
  roster: Roster;
  log: Log;
  minSessionSeconds: number;
  optionsIntervalMs: number;
  optionsTimeoutMs: number;
  /** `closed` resolves when the far end knows and the media is gone. */
  onEnded(leg: Leg, closed: Promise<void>): void;
}

/** One dialog plus one mixer port: a caller in a room. */
export class Leg implements DialogListener {
  readonly id: string;
  readonly user: User;
  readonly source: Source;
  readonly #options: LegOptions;
  readonly #liveness: Liveness;
  #state: LegState = 'opening';
  #openingTimer: NodeJS.Timeout | undefined;
  #media: Promise<MediaLeg> | undefined;
  #mediaLeg: MediaLeg | undefined;
  #dialog: Promise<SipDialog> | undefined;
  #inDialog: InDialog | undefined;
  #cancelled = false;
  #failure: unknown;
  #closed: Promise<void> | undefined;

  constructor(options: LegOptions) {
    this.#options = options;
    this.id = options.id;
    this.user = options.user;
    this.source = options.invite.source;
    this.#liveness = new Liveness({
      ask: (deadlineMs) => this.#askOptions(deadlineMs),
      onDead: () => void this.end('unreachable'),
      intervalMs: options.optionsIntervalMs,
      timeoutMs: options.optionsTimeoutMs,
    });
  }

  get state(): LegState {
    return this.#state;
  }

  /** Opens media and answers. Resolves when the caller is in the room, or the call has failed and was replied to. */
  async answer(headers: Headers): Promise<void> {
    const { invite, media, room } = this.#options;
    invite.onCancel(() => {
      this.#cancelled = true;
      void this.end('left');
    });
    // They may have cancelled before we were there to hear it.
    if (this.#cancelled) return this.#closed;
    this.#openingTimer = setTimeout(() => void this.#fail(timedOut()), OPENING_TIMEOUT_MS);
    const offered = invite.body === '';
    try {
      this.#media = offered
        ? media.openWithoutOffer(this.id, room.number)
        : media.open(this.id, room.number, invite.body);
      const mediaLeg = await this.#media;
      if (this.#enter('answering')) {
        this.#mediaLeg = mediaLeg;
        this.#inDialog = this.#createInDialog(mediaLeg, offered);
        this.#dialog = invite.accept({ sdp: mediaLeg.sdp, headers: { ...CAPABILITIES, ...headers } }, this);
        await this.#dialog;
        this.#join(mediaLeg);
      }
    } catch (error) {
      this.#fail(error);
    }
    if (this.#state === 'ended') await this.#closed;
  }

  /**
   * Ends the call, whatever state it is in; the first cause wins. Resolves when the far end knows and the media is
   * gone.
   */
  end(cause: LeaveCause): Promise<void> {
    if (this.#enter('ended')) {
      const { roster, log, onEnded } = this.#options;
      this.#liveness.stop();
      roster.leave(this.id, cause);
      log.info({ cause }, 'leg ended');
      this.#closed = this.#close(cause);
      onEnded(this, this.#closed);
    }
    return this.#closed ?? Promise.resolve();
  }

  setMuted(muted: boolean): void {
    this.#mediaLeg?.setMuted(muted);
    this.#options.roster.update(this.id, muted ? { muted, talking: false } : { muted });
  }

  setIdle(idle: boolean): void {
    if (this.#state === 'joined') this.#liveness.setIdle(idle);
  }

  ended(why: DialogEnd): void {
    void this.end(LEAVE_CAUSES[why]);
  }

  acknowledged(body: string): void {
    void this.#inDialog?.acknowledged(body);
  }

  requested(request: IncomingRequest): void {
    const handled = this.#inDialog?.handle(request) ?? request.reply({ status: 481 });
    handled.catch((error: unknown) => this.#options.log.info({ err: error, method: request.method }, 'not replied to'));
  }

  #enter(state: LegState): boolean {
    if (!NEXT[this.#state].includes(state)) return false;
    this.#state = state;
    if (state !== 'opening') clearTimeout(this.#openingTimer);
    return true;
  }

  #fail(error: unknown): void {
    if (this.#state === 'ended') return;
    this.#failure = error;
    if (!(error instanceof RoomlineError)) this.#options.log.error({ err: error }, 'leg failed');
    else this.#options.log.info({ kind: error.kind, why: error.message }, 'leg failed');
    void this.end('failed');
  }

  #join(mediaLeg: MediaLeg): void {
    if (!this.#enter('joined')) return;
    const { roster, room, user, device, role, log } = this.#options;
    const held = mediaLeg.held;
    roster.join(room.number, {
      id: this.id,
      user: user.name,
      name: user.displayName,
      device,
      muted: false,
      talking: false,
      held,
      role,
      joinedAt: new Date(),
    });
    this.#liveness.setHeld(held);
    log.info({ user: user.name, device }, 'leg joined');
  }

  #createInDialog(media: MediaLeg, offered: boolean): InDialog {
    const { roster, minSessionSeconds } = this.#options;
    return new InDialog({
      media,
      minSessionSeconds,
      offered,
      onHeld: (held) => {
        if (this.#state !== 'joined') return;
        roster.update(this.id, held ? { held, talking: false } : { held });
        this.#liveness.setHeld(held);
      },
      onDigit: (digit, durationMs) => roster.digit(this.id, digit, durationMs),
      onUnanswered: (error) => this.#fail(error),
    });
  }

  async #askOptions(deadlineMs: number) {
    const dialog = await this.#dialog;
    return dialog?.request({ method: 'OPTIONS', headers: { Accept: 'application/sdp' } }, deadlineMs) ?? NO_DIALOG;
  }

  async #close(cause: LeaveCause): Promise<void> {
    const outcomes = await Promise.allSettled([this.#closeMedia(), this.#hangUp(cause)]);
    for (const outcome of outcomes) {
      if (outcome.status === 'rejected') this.#options.log.debug({ err: outcome.reason }, 'leg not closed cleanly');
    }
  }

  async #closeMedia(): Promise<void> {
    // Media that could not be opened needs no closing.
    const mediaLeg = await this.#media?.catch(() => undefined);
    await mediaLeg?.close();
  }

  /** BYE where there is a dialog or will be one; a final reply where there is none. */
  async #hangUp(cause: LeaveCause): Promise<void> {
    const dialog = await this.#dialog?.catch(() => undefined);
    if (dialog !== undefined) return dialog.bye(BYE_TIMEOUT_MS);
    const { invite } = this.#options;
    if (this.#cancelled || invite.replied) return;
    await invite.reply(cause === 'shutdown' ? replyTo(shuttingDown()) : replyTo(this.#failure ?? timedOut()));
  }
}

const NO_DIALOG = { none: 'no-dialog' } as const;

function timedOut(): RoomlineError {
  return new RoomlineError('unavailable', 'the media for a call did not open in time');
}

/** What a call hears that comes while we end. */
export function shuttingDown(): RoomlineError {
  return new RoomlineError('unavailable', 'this gateway is shutting down', { retryAfterSeconds: 10 });
}

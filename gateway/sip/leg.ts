import { RoomlineError } from '../errors.js';
import type { Log } from '../log.js';
import type { Media, MediaLeg } from '../media/media.js';
import type { Room, RoomNumber } from '../rooms/room.js';
import type { Device, LeaveCause, ParticipantRole, Roster } from '../rooms/roster.js';
import { type Identity, namesOf } from './identity.js';
import { InDialog } from './in-dialog.js';
import type { LegOrigin } from './leg-origin.js';
import { Liveness } from './liveness.js';
import type { DialogEnd, DialogListener, IncomingRequest, SipDialog } from './sip-server.js';

/** Media that is not up by then will not come. */
const OPENING_TIMEOUT_MS = 10_000;
/** How long we wait for the answer to our BYE. */
const BYE_TIMEOUT_MS = 4000;

// opening ------------> answering -> joined -> ended     dialled in
// opening -> ringing -> answering -> joined -> ended     dialled out
//     (every state may go straight to ended; the first cause wins)
export type LegState = 'opening' | 'ringing' | 'answering' | 'joined' | 'ended';

const NEXT: Record<LegState, readonly LegState[]> = {
  opening: ['ringing', 'answering', 'ended'],
  ringing: ['answering', 'ended'],
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
  origin: LegOrigin;
  room: Room;
  identity: Identity;
  device: Device;
  role: ParticipantRole;
  media: Media;
  roster: Roster;
  log: Log;
  minSessionSeconds: number;
  optionsIntervalMs: number;
  optionsTimeoutMs: number;
  /** The far end of a call of ours answered. @throws RoomlineError `full` when the room has no place for it. */
  onAnswering(leg: Leg): void;
  /** `closed` resolves when the far end knows and the media is gone. */
  onEnded(leg: Leg, closed: Promise<void>): void;
}

/** One dialog plus one mixer port: somebody in a room, or on the way there, whoever dialled. */
export class Leg implements DialogListener {
  readonly id: string;
  readonly identity: Identity;
  readonly origin: LegOrigin;
  readonly #options: LegOptions;
  readonly #liveness: Liveness;
  #state: LegState = 'opening';
  #openingTimer: NodeJS.Timeout | undefined;
  #media: Promise<MediaLeg> | undefined;
  #mediaLeg: MediaLeg | undefined;
  #dialog: Promise<SipDialog> | undefined;
  #inDialog: InDialog | undefined;
  #role: ParticipantRole;
  #wasJoined = false;
  #failure: unknown;
  #closed: Promise<void> | undefined;

  constructor(options: LegOptions) {
    this.#options = options;
    this.id = options.id;
    this.identity = options.identity;
    this.origin = options.origin;
    this.#role = options.role;
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

  get room(): RoomNumber {
    return this.#options.room.number;
  }

  get device(): Device {
    return this.#options.device;
  }

  get role(): ParticipantRole {
    return this.#role;
  }

  /** True from when they were in the room, also after they left. */
  get wasJoined(): boolean {
    return this.#wasJoined;
  }

  /** Why it failed, once it has. */
  get failure(): unknown {
    return this.#failure;
  }

  /**
   * Opens media and answers, or dials and waits for the answer. Resolves when they are in the room, or the call has
   * failed and its far end knows.
   */
  async start(): Promise<void> {
    const { origin } = this;
    origin.onGone(() => void this.end('left'));
    // They may have cancelled before we were there to hear it.
    if (this.#closed !== undefined) return this.#closed;
    this.#openingTimer = setTimeout(() => this.#fail(timedOut()), OPENING_TIMEOUT_MS);
    try {
      this.#media = origin.openMedia(this.#options.media, this.id, this.#options.room.number);
      const mediaLeg = await this.#media;
      if (this.#enter(origin.dialled === 'in' ? 'answering' : 'ringing')) await this.#connect(mediaLeg);
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

  /** @throws RoomlineError `forbidden` for the voice of a listener. */
  setMuted(muted: boolean): void {
    if (!muted && this.#role === 'listener') {
      throw new RoomlineError('forbidden', 'a listener is not heard: make them a speaker first', { code: 'listener' });
    }
    this.#mediaLeg?.setMuted(muted);
    this.#options.roster.update(this.id, muted ? { muted, talking: false } : { muted });
  }

  /** A listener is muted, and heard again when they are one no more. */
  setRole(role: ParticipantRole): void {
    const before = this.#role;
    if (role === before) return;
    this.#role = role;
    this.#options.roster.update(this.id, { role });
    if (role === 'listener') this.setMuted(true);
    else if (before === 'listener') this.setMuted(false);
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

  async #connect(mediaLeg: MediaLeg): Promise<void> {
    const { origin } = this;
    this.#mediaLeg = mediaLeg;
    this.#inDialog = this.#createInDialog(mediaLeg);
    this.#dialog = origin.connect(mediaLeg.sdp, this);
    await this.#dialog;
    if (this.#state === 'ringing' && this.#enter('answering')) this.#options.onAnswering(this);
    await origin.completeMedia(mediaLeg);
    this.#join(mediaLeg);
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
    this.#wasJoined = true;
    const { roster, room, device, log } = this.#options;
    const { held } = mediaLeg;
    const muted = this.#role === 'listener';
    if (muted) mediaLeg.setMuted(true);
    roster.join(room.number, {
      id: this.id,
      ...namesOf(this.identity),
      device,
      muted,
      talking: false,
      held,
      role: this.#role,
      joinedAt: new Date(),
    });
    this.#liveness.setHeld(held);
    log.info({ ...namesOf(this.identity), device }, 'leg joined');
  }

  #createInDialog(media: MediaLeg): InDialog {
    const { roster, minSessionSeconds } = this.#options;
    return new InDialog({
      media,
      minSessionSeconds,
      offered: this.origin.answerInAck,
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

  /** BYE where there is a dialog or will be one; where there is none, the far end is told so as it dialled. */
  async #hangUp(cause: LeaveCause): Promise<void> {
    this.origin.withdraw();
    const dialog = await this.#dialog?.catch(() => undefined);
    if (dialog !== undefined) return dialog.bye(BYE_TIMEOUT_MS);
    await this.origin.refuse(cause, this.#failure ?? timedOut());
  }
}

const NO_DIALOG = { none: 'no-dialog' } as const;

function timedOut(): RoomlineError {
  return new RoomlineError('unavailable', 'the media for a call did not open in time');
}

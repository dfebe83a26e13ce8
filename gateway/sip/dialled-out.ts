import { RoomlineError } from '../errors.js';
import type { Apart, Media, MediaLeg } from '../media/media.js';
import type { RoomNumber } from '../rooms/room.js';
import { CAPABILITIES } from './capabilities.js';
import type { LegOrigin } from './leg-origin.js';
import type {
  CallOutcome,
  DialogListener,
  Headers,
  OutgoingCall,
  OutgoingInvite,
  SipDialog,
  SipServer,
  Source,
} from './sip-server.js';

export interface DialledOutOptions {
  server: Pick<SipServer, 'call'>;
  /** Whom to call, and as whom. */
  invite: Omit<OutgoingInvite, 'sdp'>;
  ringMs: number;
}

/** A leg that begins with an INVITE of ours, which the far end answers, refuses, or lets ring. */
export class DialledOut implements LegOrigin {
  readonly dialled = 'out';
  readonly source: Source;
  readonly callId = undefined;
  readonly answerInAck = false;
  readonly #options: DialledOutOptions;
  #call: OutgoingCall | undefined;
  #outcome: CallOutcome | undefined;

  constructor(options: DialledOutOptions) {
    this.#options = options;
    this.source = options.invite.target;
  }

  /** What became of the call; undefined when it never was on its way, or goes on. */
  get outcome(): CallOutcome | undefined {
    return this.#outcome;
  }

  onGone(): void {}

  openMedia(media: Media, leg: string, room: RoomNumber | Apart): Promise<MediaLeg> {
    return media.openOutgoing(leg, room, this.source.transport === 'ws' ? 'browser' : 'phone');
  }

  async connect(sdp: string, listener: DialogListener): Promise<SipDialog> {
    const { server, invite, ringMs } = this.#options;
    this.#call = server.call({ ...invite, sdp, headers: { ...CAPABILITIES, ...invite.headers } }, ringMs, listener);
    const outcome = await this.#call.outcome;
    this.#outcome = outcome;
    if (!('dialog' in outcome)) throw new CallNotAnswered(outcome);
    return outcome.dialog;
  }

  async completeMedia(media: MediaLeg): Promise<void> {
    if (this.#outcome !== undefined && 'sdp' in this.#outcome) await media.acceptAnswer(this.#outcome.sdp);
  }

  withdraw(headers: Headers): void {
    this.#call?.cancel(headers);
  }

  async refuse(): Promise<void> {}
}

/** The far end did not want the call, or could not be asked: no fault of anyone's. */
export class CallNotAnswered extends RoomlineError {
  constructor(outcome: Exclude<CallOutcome, { readonly dialog: SipDialog }>) {
    // Not where a redirect leads: it may be somebody's telephone.
    const why = 'refused' in outcome ? outcome.refused : outcome.none;
    super('unavailable', `the call was not answered: ${why}`, { code: 'not-answered' });
  }
}

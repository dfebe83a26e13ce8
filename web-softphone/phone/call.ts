import { Invitation, Inviter, type Session, SessionState, UserAgent, type Web } from 'sip.js';
import { type CallState, LIMITED_STATES, NEXT_CALL_STATES, RECONNECT_LIMIT_MS } from './call-state.js';
import type { ConnectionState } from './connection.js';
import type { Ticket } from './entrance.js';
import type { Line } from './line.js';
import {
  giveMicrophone,
  peerConnectionOf,
  remoteStreamOf,
  replaceMicrophone,
  sendDigit,
  setSending,
} from './media-session.js';
import { closeMicrophone } from './microphone.js';
import { type Problem, ProblemError, problemOf, problemOfSipStatus } from './problem.js';
import { ReconnectPolicy } from './reconnect-policy.js';
import type { RoomCall } from './room-call.js';
import { SoundWatch } from './sound-watch.js';
import { TrackedCall } from './tracked-call.js';

/** A re-INVITE without an answer for so long means that the connection is dead, whatever it looks like. */
const REINVITE_TIMEOUT_MS = 8_000;
/** An INVITE that nobody has so much as heard after so long: the same. */
const TRYING_TIMEOUT_MS = 5_000;

export interface CallDeps {
  /** Over which the room is called. */
  readonly line: Line;
  /** Finds the room to call, or the call to answer. */
  readonly open: (microphone: Promise<unknown>) => Promise<Ticket>;
  readonly openMicrophone: () => Promise<MediaStream>;
  readonly onState: (state: CallState) => void;
  /** The room is known from here on. */
  readonly onTicket: (ticket: Ticket) => void;
  readonly onMicrophone: (stream: MediaStream) => void;
  readonly onSound: (stream: MediaStream) => void;
}

/** A call that the page makes or answers, from the click to the end. */
export class Call extends TrackedCall implements RoomCall {
  readonly #deps: CallDeps;
  readonly #sound = new SoundWatch(() => this.#soundLost());
  readonly #policy = new ReconnectPolicy({ firstMs: 1_000, maxMs: 5_000 });
  #ticket: Ticket | undefined;
  #microphone: MediaStream | undefined;
  #session: Session | undefined;
  #stopListening: () => void = () => undefined;
  #limitTimer: ReturnType<typeof setTimeout> | undefined;
  #repairTimer: ReturnType<typeof setTimeout> | undefined;
  #tryingTimer: ReturnType<typeof setTimeout> | undefined;
  #sending = true;

  constructor(deps: CallDeps) {
    super(NEXT_CALL_STATES);
    this.#deps = deps;
  }

  /** Finds the room and opens the microphone at once, then calls; how it goes is told by `onState`. */
  async enter(): Promise<void> {
    if (!this.machine.to('requesting')) return;
    const microphone = this.#deps.openMicrophone();
    try {
      const [ticket, stream] = await Promise.all([this.#deps.open(microphone), microphone]);
      this.#microphone = stream;
      if (this.machine.is('ended')) {
        closeMicrophone(stream);
        return;
      }
      this.#deps.onMicrophone(stream);
      this.#connect(ticket);
    } catch (error) {
      microphone.then(closeMicrophone, () => undefined);
      this.end(problemOf(error, 'server-error'));
    }
  }

  /** Leaves; the BYE is on its way when this returns. */
  leave(): void {
    this.end();
  }

  /** SIP tells by itself. */
  follow(): void {}

  /** Whether the microphone is sent; silence otherwise. */
  setSending(sending: boolean): void {
    this.#sending = sending;
    if (this.#session !== undefined) setSending(this.#session, sending);
  }

  sendDigit(digit: string): void {
    if (this.#session !== undefined && this.machine.is('in-room', 'reconnecting')) sendDigit(this.#session, digit);
  }

  async useMicrophone(stream: MediaStream): Promise<void> {
    const before = this.#microphone;
    this.#microphone = stream;
    if (this.#session !== undefined) await replaceMicrophone(this.#session, stream, this.#sending);
    if (before !== undefined) closeMicrophone(before);
    this.#deps.onMicrophone(stream);
  }

  protected onMove(state: CallState): void {
    clearTimeout(this.#limitTimer);
    if (LIMITED_STATES.includes(state)) {
      this.#limitTimer = setTimeout(() => this.end({ code: 'connection-lost' }), RECONNECT_LIMIT_MS);
    }
    if (state === 'ended') this.#letGo();
    this.#deps.onState(state);
  }

  #letGo(): void {
    this.#sound.stop();
    clearTimeout(this.#repairTimer);
    clearTimeout(this.#tryingTimer);
    this.#stopListening();
    if (this.#session !== undefined) hangUp(this.#session);
    if (this.#microphone !== undefined) closeMicrophone(this.#microphone);
  }

  #connect(ticket: Ticket): void {
    const { line } = this.#deps;
    this.#ticket = ticket;
    this.#deps.onTicket(ticket);
    this.machine.to('connecting');
    line.open(ticket.client);
    this.#stopListening = line.onState((state) => this.#onLine(state));
    if (line.state === 'open') this.#onOpen();
  }

  #currentMicrophone(): MediaStream {
    if (this.#microphone === undefined) throw new ProblemError({ code: 'microphone-failed' });
    return this.#microphone;
  }

  #onLine(state: ConnectionState): void {
    if (state === 'open') this.#onOpen();
    else if (state === 'connecting') this.#onConnectionLost();
  }

  #onOpen(): void {
    if (this.machine.is('connecting')) this.#meet();
    else if (this.machine.is('reconnecting')) this.#repair();
  }

  #onConnectionLost(): void {
    clearTimeout(this.#tryingTimer);
    if (this.machine.is('in-room')) this.machine.to('reconnecting');
    else if (this.machine.is('ringing')) {
      this.#forgetSession();
      this.machine.to('connecting');
    }
  }

  /** Answers the call that led here while it still rings; else calls the room, which is open to whoever is invited. */
  #meet(): void {
    const answer = this.#ticket?.answer;
    if (answer?.state === SessionState.Initial) this.#accept(answer);
    else this.#invite();
  }

  #accept(session: Invitation): void {
    this.#adopt(session);
    this.machine.to('ringing');
    session.accept().catch(() => this.#onAnswerFailed(session));
  }

  /** It was withdrawn in the very moment, or failed on the way. */
  #onAnswerFailed(session: Invitation): void {
    if (session !== this.#session || !this.machine.is('ringing')) return;
    this.#forgetSession();
    this.machine.to('connecting');
    if (this.#deps.line.state === 'open') this.#invite();
  }

  #adopt(session: Session): void {
    this.#session = session;
    giveMicrophone(session, () => this.#currentMicrophone());
    // SIP.js answers a BYE and only then says Terminated: ended before that, the session would send a BYE of its own.
    session.stateChange.addListener((state) => this.#onSessionState(session, state));
  }

  #invite(): void {
    const { userAgent } = this.#deps.line;
    const target = this.#ticket === undefined ? undefined : UserAgent.makeURI(this.#ticket.room.uri);
    if (userAgent === undefined || target === undefined) {
      this.end({ code: 'no-such-room' });
      return;
    }
    const session = new Inviter(userAgent, target);
    this.#adopt(session);
    this.machine.to('ringing');
    this.#tryingTimer = setTimeout(() => this.#deps.line.restart(), TRYING_TIMEOUT_MS);
    session
      .invite({
        requestDelegate: {
          onTrying: () => clearTimeout(this.#tryingTimer),
          onProgress: () => clearTimeout(this.#tryingTimer),
          onReject: ({ message }) => {
            if (session === this.#session) this.end(refusal(message.statusCode, message.getHeader('retry-after')));
          },
        },
      })
      .catch((error: unknown) => {
        if (session === this.#session) this.end(problemOf(error, 'call-refused'));
      });
  }

  #onSessionState(session: Session, state: SessionState): void {
    if (session !== this.#session) return;
    if (state === SessionState.Established) {
      clearTimeout(this.#tryingTimer);
      const connection = peerConnectionOf(session);
      if (connection !== undefined) this.#sound.watch(connection);
      this.setSending(this.#sending);
      const stream = remoteStreamOf(session);
      if (stream !== undefined) this.#deps.onSound(stream);
      this.machine.to('in-room');
    } else if (state === SessionState.Terminated && this.machine.is('in-room', 'reconnecting')) {
      this.end({ code: 'ended-by-room' });
    } else if (state === SessionState.Terminated && session instanceof Invitation) this.#onAnswerFailed(session);
  }

  #forgetSession(): void {
    const session = this.#session;
    this.#session = undefined;
    if (session !== undefined) hangUp(session);
  }

  #soundLost(): void {
    if (!this.machine.to('reconnecting')) return;
    if (this.#deps.line.state === 'open') this.#repair();
  }

  /** Tells the gateway where we are now and looks for a new path for the sound: a re-INVITE with an ICE restart. */
  #repair(): void {
    clearTimeout(this.#repairTimer);
    const session = this.#session;
    if (session === undefined || !this.machine.is('reconnecting') || this.#deps.line.state !== 'open') return;
    this.#repairTimer = setTimeout(() => this.#deps.line.restart(), REINVITE_TIMEOUT_MS);
    const options: Web.SessionDescriptionHandlerOptions = { offerOptions: { iceRestart: true } };
    session
      .invite({
        sessionDescriptionHandlerOptions: options,
        requestDelegate: {
          onAccept: () => {
            clearTimeout(this.#repairTimer);
            this.#policy.succeeded();
            this.machine.to('in-room');
          },
          onReject: ({ message }) => this.#onRepairRefused(message.statusCode ?? 500),
        },
      })
      .catch(() => this.#repairLater());
  }

  /**
   * 481: the far end knows nothing of the call any more (RFC 3261 section 12.2.1.2). A 408 is only SIP.js's own, for a
   * request lost with a dead connection: the call may well be there.
   */
  #onRepairRefused(status: number): void {
    if (status === 481) this.end({ code: 'ended-by-room' });
    else this.#repairLater();
  }

  #repairLater(): void {
    clearTimeout(this.#repairTimer);
    this.#repairTimer = setTimeout(() => this.#repair(), this.#policy.nextDelayMs());
  }
}

function refusal(status: number | undefined, retryAfter: string | undefined): Problem {
  const seconds = Number.parseInt(retryAfter ?? '', 10);
  return problemOfSipStatus(status ?? 500, Number.isNaN(seconds) ? undefined : seconds);
}

function hangUp(session: Session): void {
  switch (session.state) {
    case SessionState.Established:
      session.bye().catch(() => undefined);
      break;
    case SessionState.Initial:
    case SessionState.Establishing:
      if (session instanceof Inviter) session.cancel().catch(() => undefined);
      else session.dispose().catch(() => undefined);
      break;
    default:
      break;
  }
}

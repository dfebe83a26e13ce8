import type { Api, Group } from './api.js';
import { Call } from './call.js';
import type { CallState } from './call-state.js';
import { type MuteState, onServerMute, UNMUTED } from './mute.js';
import type { CallView } from './phone-state.js';
import { type Problem, problemOf, problemOfLeaveCause } from './problem.js';
import { applyRoomEvent, findSelf, type RoomEvent } from './room-view.js';
import { RoomWatch } from './room-watch.js';
import { SoundLevel } from './sound-level.js';

/** How long a pressed digit is shown. */
const DIGIT_SHOWN_MS = 2_500;
/** After a BYE, how long to wait for the event that says why. */
const LEAVE_CAUSE_MS = 2_000;

export interface VisitDeps {
  readonly api: Api;
  readonly user: string;
  readonly group: Group;
  readonly openMicrophone: () => Promise<MediaStream>;
  readonly onSound: (stream: MediaStream | undefined) => void;
  /** Something shown has changed. */
  readonly onChange: (view: CallView) => void;
  /** Something the user asked for in the room did not work; the visit goes on. */
  readonly onProblem: (problem: Problem) => void;
}

/** One visit to a room as the user sees it: the call, who else is there, who is muted. */
export class Visit {
  readonly #deps: VisitDeps;
  readonly #call: Call;
  #view: CallView;
  #watch: RoomWatch | undefined;
  #level: SoundLevel | undefined;
  /** The mute state the server was last asked for and has not shown yet. */
  #askedMute: boolean | undefined;

  constructor(deps: VisitDeps) {
    this.#deps = deps;
    const { group } = deps;
    const number = group.number === undefined ? {} : { number: group.number };
    this.#view = { state: 'idle', group, ...number, participants: [], live: false, mute: UNMUTED, digits: {} };
    this.#call = new Call({
      requestRoom: () => deps.api.requestVoice(group.name),
      openMicrophone: deps.openMicrophone,
      onState: (state) => this.#onCallState(state),
      onRoom: (room) => this.#onRoom(room.number),
      onMicrophone: (stream) => this.#onMicrophone(stream),
      onSound: deps.onSound,
    });
  }

  get view(): CallView {
    return this.#view;
  }

  get ended(): boolean {
    return this.#call.state === 'ended';
  }

  enter(): void {
    void this.#call.enter();
  }

  leave(): void {
    this.#call.leave();
  }

  /** Nothing is told any more. */
  forget(): void {
    this.#call.leave();
    this.#watch?.stop();
  }

  networkChanged(): void {
    this.#call.networkChanged();
  }

  sendDigit(digit: string): void {
    this.#call.sendDigit(digit);
  }

  soundLevel(): number {
    return this.#level?.read() ?? 0;
  }

  /** Mutes or unmutes the user: here at once, and for the others to see. */
  setMuted(muted: boolean): void {
    this.#setMute(muted ? { muted: true, by: 'self' } : UNMUTED);
    this.#tellMute();
  }

  async setParticipantMuted(id: string, muted: boolean): Promise<void> {
    await this.#act((room) => this.#deps.api.setMuted(room, id, muted));
  }

  async removeParticipant(id: string): Promise<void> {
    await this.#act((room) => this.#deps.api.remove(room, id));
  }

  /** Takes the microphone that is wished for now, or another one when it was unplugged. */
  async reopenMicrophone(): Promise<void> {
    if (this.ended) return;
    try {
      await this.#call.useMicrophone(await this.#deps.openMicrophone());
    } catch (error) {
      this.#deps.onProblem(problemOf(error, 'microphone-failed'));
    }
  }

  #onCallState(state: CallState): void {
    if (state === 'in-room') {
      this.#set({ state, since: this.#view.since ?? Date.now() });
      // The event that tells of us may have been quicker than the answer to our call.
      this.#setParticipants(this.#view.participants);
    } else if (state === 'ended') this.#onEnded();
    else this.#set({ state });
  }

  #onEnded(): void {
    this.#level?.close();
    this.#level = undefined;
    this.#deps.onSound(undefined);
    const { problem } = this.#call;
    setTimeout(() => this.#watch?.stop(), problem?.code === 'ended-by-room' ? LEAVE_CAUSE_MS : 0);
    this.#set({ state: 'ended', ...(problem === undefined ? {} : { problem }) });
  }

  #onRoom(number: string): void {
    this.#set({ number });
    this.#watch = new RoomWatch({
      api: this.#deps.api,
      room: number,
      onEvent: (event) => this.#onRoomEvent(event),
      onLive: (live) => this.#set({ live }),
    });
    void this.#watch.run();
  }

  #onMicrophone(stream: MediaStream): void {
    this.#level ??= new SoundLevel();
    this.#level.listen(stream);
    // An unplugged microphone ends its track: another one, if there is one, takes over.
    stream.getAudioTracks()[0]?.addEventListener('ended', () => void this.reopenMicrophone(), { once: true });
  }

  #onRoomEvent(event: RoomEvent): void {
    if (event.type === 'digit') this.#showDigit(event.participantId, event.digit);
    else if (event.type === 'left' && event.participant.id === this.#view.selfId) this.#onPutOut(event.cause);
    else if (!this.ended) this.#setParticipants(applyRoomEvent(this.#view.participants, event));
  }

  /** Before the call is answered, a softphone of the user's in the room is another tab. */
  #setParticipants(participants: CallView['participants']): void {
    const inRoom = this.#view.state === 'in-room' || this.#view.state === 'reconnecting';
    const selfId = inRoom ? findSelf(participants, this.#deps.user, this.#view.selfId) : undefined;
    const { selfId: _, ...rest } = this.#view;
    this.#view = rest;
    this.#set({ participants, ...(selfId === undefined ? {} : { selfId }) });
    this.#followMute();
  }

  /** The room says why it let go; the BYE that says it is over may come before or after. */
  #onPutOut(cause: string): void {
    if (cause === 'left') return;
    const problem = problemOfLeaveCause(cause);
    if (!this.ended) this.#call.end(problem);
    else if (this.#call.problem?.code === 'ended-by-room') this.#set({ problem });
  }

  #followMute(): void {
    const self = this.#self();
    if (self === undefined) return;
    if (self.muted === this.#askedMute) this.#askedMute = undefined;
    const { state, tellServer } = onServerMute(this.#view.mute, self.muted, this.#askedMute);
    if (state !== this.#view.mute) this.#setMute(state);
    if (tellServer) this.#tellMute();
  }

  #setMute(mute: MuteState): void {
    this.#call.setSending(!mute.muted);
    this.#set({ mute });
  }

  #tellMute(): void {
    const self = this.#self();
    const { muted } = this.#view.mute;
    if (self === undefined || (this.#askedMute ?? self.muted) === muted) return;
    this.#askedMute = muted;
    void this.#act((room) => this.#deps.api.setMuted(room, self.id, muted)).then((done) => {
      if (done) return;
      this.#askedMute = undefined;
      // Refused: what the server says holds, and nobody's microphone opens by itself.
      if (!muted) this.#setMute({ muted: true, by: 'moderator' });
    });
  }

  #self(): CallView['participants'][number] | undefined {
    return this.#view.participants.find((participant) => participant.id === this.#view.selfId);
  }

  async #act(action: (room: string) => Promise<void>): Promise<boolean> {
    if (this.#view.number === undefined) return false;
    try {
      await action(this.#view.number);
      return true;
    } catch (error) {
      this.#deps.onProblem(problemOf(error, 'action-failed'));
      return false;
    }
  }

  #showDigit(id: string, digit: string): void {
    const digits = { ...this.#view.digits, [id]: digit };
    this.#set({ digits });
    setTimeout(() => {
      if (this.#view.digits === digits) this.#set({ digits: {} });
    }, DIGIT_SHOWN_MS);
  }

  #set(change: Partial<CallView>): void {
    this.#view = { ...this.#view, ...change };
    this.#deps.onChange(this.#view);
  }
}

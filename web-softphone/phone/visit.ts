import type { Api, Me, PlacedInvitation } from './api.js';
import { Call } from './call.js';
import type { CallState } from './call-state.js';
import type { Entrance, Ticket } from './entrance.js';
import { type Invitation, withInvitations } from './invitations.js';
import type { Line } from './line.js';
import { type MuteState, onServerMute, UNMUTED } from './mute.js';
import type { CallView } from './phone-state.js';
import { type Problem, problemOf, problemOfLeaveCause } from './problem.js';
import { rightsIn } from './rights.js';
import { applyRoomEvent, findSelf, type Participant, type RoomEvent, type RoomFacts } from './room-view.js';
import { RoomWatch } from './room-watch.js';
import { SoundLevel } from './sound-level.js';

/** How long a pressed digit is shown. */
const DIGIT_SHOWN_MS = 2_500;
/** After a BYE, how long to wait for the event that says why. */
const LEAVE_CAUSE_MS = 2_000;

export interface VisitDeps {
  readonly api: Api;
  /** Absent for a guest, who is told nothing of the room but its sound. */
  readonly me: Me | undefined;
  readonly entrance: Entrance;
  readonly line: Line;
  readonly openMicrophone: () => Promise<MediaStream>;
  readonly onSound: (stream: MediaStream | undefined) => void;
  /** Something shown has changed. */
  readonly onChange: (view: CallView) => void;
  /** Something the user asked for in the room did not work; the visit goes on. */
  readonly onProblem: (problem: Problem) => void;
}

/** One visit to a room as the user sees it: the call, who else is there, who is muted, who is invited. */
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
    this.#view = firstView(deps.entrance);
    this.#call = new Call({
      line: deps.line,
      open: (microphone) => deps.entrance.open(microphone),
      openMicrophone: deps.openMicrophone,
      onState: (state) => this.#onCallState(state),
      onTicket: (ticket) => this.#onTicket(ticket),
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

  /** The way back in, once this visit is over. */
  get again(): Entrance {
    const { entrance } = this.#deps;
    return this.#view.room === undefined ? entrance : entrance.again(this.#view.room);
  }

  /** Resolves when the room is found and about to be called, or to why it is not. */
  async enter(): Promise<Problem | undefined> {
    await this.#call.enter();
    return this.#view.room === undefined ? this.#call.problem : undefined;
  }

  leave(): void {
    this.#call.leave();
  }

  /** Nothing is told any more. */
  forget(): void {
    this.#call.leave();
    this.#watch?.stop();
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

  /** Invitations the user has made. */
  addInvitations(placed: readonly PlacedInvitation[]): void {
    const from = this.#deps.me?.name ?? '';
    // As old as can be: whatever the room's events tell of them counts more.
    const heard = placed.map((invitation) => ({ ...invitation, from, updatedAt: '' }));
    this.#set({ invitations: withInvitations(heard, ...this.#view.invitations) });
  }

  /** The room's guests need a PIN from now on, or cannot come. */
  setHasPin(hasPin: boolean): void {
    if (this.#view.room !== undefined) this.#setRoom({ ...this.#view.room, hasPin });
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
    this.#deps.entrance.close?.();
    const { problem } = this.#call;
    setTimeout(() => this.#watch?.stop(), problem?.code === 'ended-by-room' ? LEAVE_CAUSE_MS : 0);
    this.#set({ state: 'ended', ...(problem === undefined ? {} : { problem }) });
  }

  #onTicket({ room, invitations }: Ticket): void {
    this.#setRoom(room);
    if (invitations !== undefined) this.addInvitations(invitations);
    if (this.#deps.me === undefined) return;
    this.#watch = new RoomWatch({
      api: this.#deps.api,
      room: room.number,
      onEvent: (event) => this.#onRoomEvent(event),
      onLive: (live) => this.#set({ live }),
    });
    void this.#watch.run();
  }

  #setRoom(room: RoomFacts): void {
    this.#set({ room, number: room.number, title: room.title });
    this.#setRights();
  }

  #onMicrophone(stream: MediaStream): void {
    this.#level ??= new SoundLevel();
    this.#level.listen(stream);
    // An unplugged microphone ends its track: another one, if there is one, takes over.
    stream.getAudioTracks()[0]?.addEventListener('ended', () => void this.reopenMicrophone(), { once: true });
  }

  #onRoomEvent(event: RoomEvent): void {
    if (event.type === 'digit') this.#showDigit(event.participantId, event.digit);
    else if (event.type === 'invitation') this.#hearOf([event.invitation]);
    else if (event.type === 'closed') this.#putOut({ code: 'room-over' });
    else if (event.type === 'left' && event.participant.id === this.#view.selfId) this.#onPutOut(event.cause);
    else if (!this.ended) this.#setParticipants(applyRoomEvent(this.#view.participants, event));
    if (event.type === 'snapshot' && !this.ended) this.#onSnapshot(event.room);
  }

  /** The stream (again) tells all from here on; what it does not repeat is asked for. */
  #onSnapshot(room: RoomFacts | undefined): void {
    if (room !== undefined) this.#setRoom(room);
    const { number } = this.#view;
    if (number === undefined) return;
    this.#deps.api.invitations(number).then(
      (invitations) => this.#hearOf(invitations),
      () => undefined,
    );
  }

  #hearOf(invitations: readonly Invitation[]): void {
    this.#set({ invitations: withInvitations(this.#view.invitations, ...invitations) });
  }

  /** Before the call is answered, a softphone of the user's in the room is another tab. */
  #setParticipants(participants: CallView['participants']): void {
    const inRoom = this.#view.state === 'in-room' || this.#view.state === 'reconnecting';
    const user = this.#deps.me?.name;
    const selfId = inRoom && user !== undefined ? findSelf(participants, user, this.#view.selfId) : undefined;
    const { selfId: _, ...rest } = this.#view;
    this.#view = rest;
    this.#set({ participants, ...(selfId === undefined ? {} : { selfId }) });
    this.#setRights();
    this.#followMute();
  }

  #setRights(): void {
    const { room, way } = this.#view;
    const { me, entrance } = this.#deps;
    const rights = rightsIn({ room, me, self: this.#self(), group: entrance.group, invited: way === 'invitation' });
    this.#set({ rights });
  }

  /** The room says why it let go; the BYE that says it is over may come before or after. */
  #onPutOut(cause: string): void {
    if (cause !== 'left') this.#putOut(problemOfLeaveCause(cause));
  }

  #putOut(problem: Problem): void {
    if (!this.ended) this.#call.end(problem);
    else if (this.#view.problem?.code === 'ended-by-room') this.#set({ problem });
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
    // The room keeps a listener muted, whatever they wish.
    if (self === undefined || self.role === 'listener' || (this.#askedMute ?? self.muted) === muted) return;
    this.#askedMute = muted;
    void this.#sendMute(self, muted).then((done) => {
      if (done) return;
      this.#askedMute = undefined;
      // Refused: what the server says holds, and nobody's microphone opens by itself.
      if (!muted) this.#setMute({ muted: true, by: 'moderator' });
    });
  }

  async #sendMute({ id }: Participant, muted: boolean): Promise<boolean> {
    if (this.#view.number === undefined) return false;
    try {
      await this.#deps.api.setMuted(this.#view.number, id, muted);
      return true;
    } catch (error) {
      this.#deps.onProblem(problemOf(error, 'action-failed'));
      return false;
    }
  }

  #self(): Participant | undefined {
    return this.#view.participants.find((participant) => participant.id === this.#view.selfId);
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

let visits = 0;

function firstView({ way, title, number }: Entrance): CallView {
  visits += 1;
  return {
    visit: visits,
    state: 'idle',
    way,
    title,
    ...(number === undefined ? {} : { number }),
    participants: [],
    live: false,
    rights: { moderates: false, invites: false, setsPin: false },
    invitations: [],
    mute: UNMUTED,
    digits: {},
  };
}

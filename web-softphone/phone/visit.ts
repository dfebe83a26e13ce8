import type { Api, Me, PlacedInvitation } from './api.js';
import { Call } from './call.js';
import type { CallState } from './call-state.js';
import { type CallView, firstView } from './call-view.js';
import { DeskPhoneCall } from './desk-phone-call.js';
import type { Entrance, EntryDevice, Ticket } from './entrance.js';
import { type Invitation, withInvitations } from './invitations.js';
import type { Line } from './line.js';
import type { MuteState } from './mute.js';
import { type Problem, problemOf, problemOfLeaveCause } from './problem.js';
import { rightsIn } from './rights.js';
import type { RoomCall } from './room-call.js';
import { applyRoomEvent, findSelf, type Participant, type RoomEvent, type RoomFacts } from './room-view.js';
import { RoomWatch } from './room-watch.js';
import { SelfMute } from './self-mute.js';
import { ShownDigits } from './shown-digits.js';
import { SoundLevel } from './sound-level.js';

/** After a BYE, how long to wait for the event that says why. */
const LEAVE_CAUSE_MS = 2_000;

export interface VisitDeps {
  readonly api: Api;
  /** Absent for a guest, who is told nothing of the room but its sound. */
  readonly me: Me | undefined;
  readonly entrance: Entrance;
  /** The participant the user has been in the room as: they leave once this visit has come in. */
  readonly instead?: string | undefined;
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
  readonly #call: RoomCall;
  readonly #mute: SelfMute;
  readonly #digits = new ShownDigits((digits) => this.#set({ digits }));
  #view: CallView;
  #watch: RoomWatch | undefined;
  #level: SoundLevel | undefined;

  constructor(deps: VisitDeps) {
    this.#deps = deps;
    this.#view = firstView(deps.entrance);
    this.#mute = new SelfMute({
      self: () => this.#self(),
      tellServer: ({ id }, muted) => this.#ask((room) => deps.api.setMuted(room, id, muted)),
      onChange: (state) => this.#onMute(state),
    });
    const common = {
      open: (microphone: Promise<unknown>) => deps.entrance.open(microphone),
      onState: (state: CallState) => this.#onCallState(state),
      onTicket: (ticket: Ticket) => this.#onTicket(ticket),
    };
    this.#call =
      deps.entrance.device === 'desk-phone'
        ? new DeskPhoneCall({ ...common, hangUp: () => this.#hangUp(this.#view.selfId) })
        : new Call({
            ...common,
            line: deps.line,
            openMicrophone: deps.openMicrophone,
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
    return this.againBy(this.#deps.entrance.device) ?? this.#deps.entrance;
  }

  /** The way back in by that device, once the room is known. */
  againBy(device: EntryDevice): Entrance | undefined {
    return this.#view.room === undefined ? undefined : this.#deps.entrance.again(this.#view.room, device);
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
    this.#call.release();
    this.#watch?.stop();
  }

  /** The page goes away, and with it a call of its own: the BYE leaves while there still is a connection. */
  unload(): void {
    if (this.#view.device === 'softphone') this.#call.leave();
  }

  sendDigit(digit: string): void {
    this.#call.sendDigit(digit);
  }

  soundLevel(): number {
    return this.#level?.read() ?? 0;
  }

  /** Mutes or unmutes the user: here at once, and for the others to see. */
  setMuted(muted: boolean): void {
    this.#mute.set(muted);
  }

  /** Invitations the user has made. */
  addInvitations(placed: readonly PlacedInvitation[]): void {
    const from = this.#deps.me?.name ?? '';
    // As old as can be, unless more is said: whatever the room's events tell of them counts more.
    const heard = placed.map((invitation) => ({ from, updatedAt: '', ...invitation }));
    this.#set({ invitations: withInvitations(heard, ...this.#view.invitations) });
  }

  /** What was made of the room, by the user or as its events tell. */
  setRoomFacts(facts: Partial<Pick<RoomFacts, 'hasPin' | 'locked' | 'announceJoins'>>): void {
    if (this.#view.room !== undefined) this.#setRoom({ ...this.#view.room, ...facts });
  }

  /** Takes the microphone that is wished for now, or another one when it was unplugged. */
  async reopenMicrophone(): Promise<void> {
    if (this.ended || !(this.#call instanceof Call)) return;
    try {
      await this.#call.useMicrophone(await this.#deps.openMicrophone());
    } catch (error) {
      this.#deps.onProblem(problemOf(error, 'microphone-failed'));
    }
  }

  #onCallState(state: CallState): void {
    if (state === 'in-room') {
      if (this.#view.since === undefined) this.#hangUp(this.#deps.instead);
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
    if (problem?.code === 'not-allowed') void this.#explainRefusal();
  }

  /** Whoever may enter the room and is kept out of it found it locked. */
  async #explainRefusal(): Promise<void> {
    const { room } = this.#view;
    if (room === undefined) return;
    const { me, api } = this.#deps;
    const now = me === undefined ? room : await api.room(room.number).catch(() => room);
    if (now.locked === true) this.#set({ room: now, problem: { code: 'room-locked' } });
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
    if (event.type === 'digit') this.#digits.show(event.participantId, event.digit);
    else if (event.type === 'invitation') this.#hearOf([event.invitation]);
    else if (event.type === 'closed') this.#putOut({ code: 'room-over' });
    else if (event.type === 'locked') this.setRoomFacts({ locked: event.locked });
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
    const { state, device } = this.#view;
    const inRoom = state === 'in-room' || state === 'reconnecting' || device === 'desk-phone';
    const user = this.#deps.me?.name;
    const selfId = inRoom && user !== undefined ? findSelf(participants, user, this.#view.selfId, device) : undefined;
    const { selfId: _, ...rest } = this.#view;
    this.#view = rest;
    this.#set({ participants, ...(selfId === undefined ? {} : { selfId }) });
    this.#setRights();
    this.#mute.follow();
    this.#call.follow(selfId !== undefined);
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
    else if (this.#view.device === 'desk-phone') this.#call.end();
  }

  #putOut(problem: Problem): void {
    if (!this.ended) this.#call.end(problem);
    else if (this.#view.problem?.code === 'ended-by-room') this.#set({ problem });
  }

  #onMute(mute: MuteState): void {
    this.#call.setSending(!mute.muted);
    this.#set({ mute });
  }

  /** Sends the user's own participant out; who is gone already need not be. */
  #hangUp(id: string | undefined): void {
    const { number } = this.#view;
    if (id !== undefined && number !== undefined) this.#deps.api.remove(number, id).catch(() => undefined);
  }

  async #ask(action: (room: string) => Promise<void>): Promise<boolean> {
    if (this.#view.number === undefined) return false;
    try {
      await action(this.#view.number);
      return true;
    } catch (error) {
      this.#deps.onProblem(problemOf(error, 'action-failed'));
      return false;
    }
  }

  #self(): Participant | undefined {
    return this.#view.participants.find((participant) => participant.id === this.#view.selfId);
  }

  #set(change: Partial<CallView>): void {
    this.#view = { ...this.#view, ...change };
    this.#deps.onChange(this.#view);
  }
}

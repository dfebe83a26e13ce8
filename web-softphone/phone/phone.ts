import { type Api, createApi, type Group, type VoiceRequest } from './api.js';
import { Choices } from './choices.js';
import { asDevice, byGroup, byInvitation, byNumber, byPin, byPresence, byRequest, type Entrance } from './entrance.js';
import type { Memory } from './memory.js';
import { listPeople, type Person } from './people.js';
import { changed, firstState, type PhoneState, type StateChange } from './phone-state.js';
import { type Problem, problemOf } from './problem.js';
import type { RecentRoom } from './recent-rooms.js';
import { Reception } from './reception.js';
import { makeRequestKey } from './request-key.js';
import { roomOfCall } from './rings.js';
import { RoomDesk } from './room-desk.js';
import { Speaker } from './speaker.js';
import { Visits } from './visits.js';

/** The softphone without a face: the login, and the ways into rooms. */
export class Phone {
  /** What can be asked of the room the user is in. */
  readonly room: RoomDesk;
  readonly choices: Choices;
  readonly #memory: Memory;
  readonly #api: Api;
  readonly #speaker: Speaker;
  readonly #reception: Reception;
  readonly #visits: Visits;
  readonly #listeners = new Set<(state: PhoneState) => void>();
  #state: PhoneState;

  /**
   * @param deps.room the number of the room to enter as soon as the user is logged in
   * @param deps.problem what is wrong with how the page was opened
   */
  constructor(deps: {
    memory: Memory;
    audio: HTMLAudioElement;
    baseUrl?: string;
    room?: string | undefined;
    problem?: Problem | undefined;
  }) {
    this.#memory = deps.memory;
    this.#api = createApi({
      baseUrl: deps.baseUrl ?? '',
      token: () => deps.memory.token,
      onUnauthorized: () => this.#signOut({ code: 'session-expired' }),
    });
    this.#reception = new Reception({
      credentials: () => this.#api.sipCredentials(),
      lookUp: (number) => this.#api.room(number),
      inCall: () => this.#visits.going,
      onRings: (rings) => this.#set({ rings }),
      onReachable: (reachable) => this.#set({ reachable }),
    });
    this.room = new RoomDesk({
      api: this.#api,
      visit: () => this.#visits.current,
      onProblem: (problem) => this.#set({ problem }),
    });
    this.#speaker = new Speaker(deps.audio, (soundBlocked) => this.#set({ soundBlocked }));
    this.#visits = new Visits({
      ...{ api: this.#api, memory: deps.memory, speaker: this.#speaker },
      me: () => this.#state.me,
      line: () => (this.#state.me === undefined ? this.#reception.openForGuest() : this.#reception.open()),
      onChange: (change) => this.#set(change),
      onClosed: () => this.#onVisitClosed(),
    });
    this.choices = new Choices({
      ...{ memory: deps.memory, speaker: this.#speaker, api: this.#api },
      onChange: (chosen) => {
        this.#set(chosen);
        if (chosen.microphone !== undefined) void this.#visits.current?.reopenMicrophone();
      },
      onMe: (me) => this.#set({ me }),
    });
    this.#state = firstState(deps.memory, {
      canChooseSpeaker: this.#speaker.canChoose,
      device: this.choices.device,
      joining: deps.room,
      problem: deps.problem,
    });
  }

  get state(): PhoneState {
    return this.#state;
  }

  /** Returns the function that stops listening. */
  onChange(listener: (state: PhoneState) => void): () => void {
    this.#listeners.add(listener);
    return () => void this.#listeners.delete(listener);
  }

  /** Takes up the tab's login, if it has one. */
  async start(): Promise<void> {
    await this.choices.takeUp();
    if (this.#memory.token !== undefined) await this.#loadMe();
  }

  async login(user: string, password: string): Promise<void> {
    this.#set({ session: 'signing-in', problem: undefined });
    try {
      this.#memory.token = await this.#api.login(user, password);
    } catch (error) {
      this.#signOut(problemOf(error, 'server-error'));
      return;
    }
    await this.#loadMe();
  }

  logout(): void {
    this.#signOut();
  }

  /** Enters a group's room. */
  enter(group: Group): void {
    void this.#visits.go(byGroup(this.#api, group, this.choices.device));
  }

  /** Makes one of the six voice requests and enters its room; resolves to why there is none. */
  request(request: VoiceRequest, title: string): Promise<Problem | undefined> {
    return this.#visits.go(this.#asking(request, { title }));
  }

  /** Comes back to a room that was visited before. */
  enterRecent({ number, title, team }: RecentRoom): void {
    if (team === undefined) void this.#visits.go(byNumber(this.#api, number, title));
    else void this.#visits.go(this.#asking({ kind: 'temporary-voice-communication', team }, { title, number }));
  }

  /** Enters the room the page was opened for, without a login. */
  enterAsGuest(name: string, pin: string): void {
    const number = this.#state.joining;
    if (number === undefined || this.#state.session !== 'signed-out') return;
    this.#memory.guestName = name;
    this.#set({ guestName: name });
    void this.#visits.go(byPin(this.#api, { number, name, pin }));
  }

  /** Enters the room once more from a visit that has ended. */
  enterAgain(): void {
    this.#visits.again();
  }

  /** Comes into the room with this page after all; the desk phone leaves it once that is done. */
  enterByBrowser(): void {
    this.#visits.againByBrowser();
  }

  leave(): void {
    this.#visits.current?.leave();
  }

  /** Goes back to the lobby from a visit that has ended. */
  dismiss(): void {
    this.#visits.dismiss();
  }

  /** Answers an invitation; the user leaves the room they are in. */
  accept(id: string): void {
    const taken = this.#reception.take(id);
    if (taken === undefined) return;
    const { invitation, ring } = taken;
    this.#visits.leaveBehind();
    void this.#visits.go(byInvitation(this.#api, invitation, ring.room ?? roomOfCall(invitation, ring)));
  }

  decline(id: string): void {
    this.#reception.decline(id);
  }

  /** The page goes away: BYE and unregister leave while there still is a connection. */
  unload(): void {
    this.#visits.current?.unload();
    this.#reception.close();
  }

  /** The page is back as it was left. */
  resume(): void {
    if (this.#state.session === 'signed-in') this.#reception.open();
  }

  networkChanged(): void {
    this.#reception.networkChanged();
  }

  /** Mutes or unmutes the user: here at once, and for the others to see. */
  setMuted(muted: boolean): void {
    this.#visits.current?.setMuted(muted);
  }

  sendDigit(digit: string): void {
    this.#visits.current?.sendDigit(digit);
  }

  /** Everybody in the user's groups. */
  people(): Promise<readonly Person[]> {
    return listPeople(this.#api, this.#state.me);
  }

  /** Plays the room's sound; from within a click, browsers allow it. */
  enableSound(): void {
    this.#speaker.play();
  }

  /** How loud the microphone is now, from 0 to 1. */
  soundLevel(): number {
    return this.#visits.current?.soundLevel() ?? 0;
  }

  clearProblem(): void {
    this.#set({ problem: undefined });
  }

  async #loadMe(): Promise<void> {
    try {
      const me = await this.#api.me();
      this.#set({ me, session: 'signed-in', recentRooms: this.#visits.recentRooms(me.name) });
      this.#reception.open();
      this.#followLink();
      void this.#followDeskPhone(me.name);
    } catch (error) {
      if (this.#state.session === 'signing-in') this.#signOut(problemOf(error, 'server-error'));
    }
  }

  #followLink(): void {
    const number = this.#state.joining;
    if (number === undefined || this.#visits.current !== undefined) return;
    this.#set({ joining: undefined });
    const group = this.#state.me?.groups.find((candidate) => candidate.number === number);
    if (group === undefined) void this.#visits.go(byNumber(this.#api, number));
    else this.enter(group);
  }

  /** The page was loaded anew while the user was in a room by their desk phone. */
  async #followDeskPhone(user: string): Promise<void> {
    const number = this.#memory.deskPhoneRoom;
    if (number === undefined || this.#visits.current !== undefined) return;
    const room = await this.#api.room(number).catch(() => undefined);
    const there = room?.participants.some((one) => one.user === user && one.device === 'desk-phone') === true;
    if (this.#visits.current !== undefined || room === undefined || !there) return;
    void this.#visits.go(byPresence(this.#api, room));
  }

  #asking(request: VoiceRequest, room: { title: string; number?: string }): Entrance {
    return byRequest(this.#api, asDevice(request, this.choices.device), { ...room, makeKey: makeRequestKey });
  }

  #signOut(problem?: Problem): void {
    this.#memory.token = undefined;
    this.#memory.deskPhoneRoom = undefined;
    this.#visits.forget();
    this.#reception.close();
    this.#set({ session: 'signed-out', me: undefined, call: undefined, recentRooms: [], problem });
  }

  #onVisitClosed(): void {
    if (this.#state.me === undefined) this.#reception.close();
    else void this.#loadMe();
  }

  #set(change: StateChange): void {
    this.#state = changed(this.#state, change);
    for (const listener of [...this.#listeners]) listener(this.#state);
  }
}

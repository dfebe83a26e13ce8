import { type Api, createApi, type Group } from './api.js';
import type { Memory } from './memory.js';
import { type AudioDevices, listAudioDevices, openMicrophone } from './microphone.js';
import type { CallView, PhoneState } from './phone-state.js';
import { type Problem, problemOf } from './problem.js';
import { Speaker } from './speaker.js';
import { Visit } from './visit.js';

/** The softphone without a face: the login, the groups, the sound devices and one visit to a room at a time. */
export class Phone {
  readonly #memory: Memory;
  readonly #api: Api;
  readonly #speaker: Speaker;
  readonly #listeners = new Set<(state: PhoneState) => void>();
  /** The number of the room the page was opened for, until the user is in it. */
  #invitedTo: string | undefined;
  #state: PhoneState;
  #visit: Visit | undefined;

  /** @param deps.room the number of the room to enter as soon as the user is logged in */
  constructor(deps: { memory: Memory; audio: HTMLAudioElement; baseUrl?: string; room?: string | undefined }) {
    this.#memory = deps.memory;
    this.#invitedTo = deps.room;
    this.#api = createApi({
      baseUrl: deps.baseUrl ?? '',
      token: () => deps.memory.token,
      onUnauthorized: () => this.#signOut({ code: 'session-expired' }),
    });
    this.#speaker = new Speaker(deps.audio, (soundBlocked) => this.#set({ soundBlocked }));
    const { token, lastGroup, microphone, speaker } = deps.memory;
    this.#state = withoutUndefined<PhoneState>({
      session: token === undefined ? 'signed-out' : 'signing-in',
      soundBlocked: false,
      canChooseSpeaker: this.#speaker.canChoose,
      lastGroup,
      microphone,
      speaker,
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
    if (this.#memory.speaker !== undefined) await this.#speaker.choose(this.#memory.speaker);
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

  /** Enters a group's room; one visit at a time. */
  enter(group: Group): void {
    if (this.#visit !== undefined && !this.#visit.ended) return;
    this.#visit?.forget();
    this.#memory.lastGroup = group.name;
    const visit: Visit = new Visit({
      api: this.#api,
      user: this.#state.me?.name ?? '',
      group,
      openMicrophone: () => openMicrophone(this.#memory.microphone),
      onSound: (stream) => (stream === undefined ? this.#speaker.detach() : this.#speaker.attach(stream)),
      onChange: (view) => this.#onView(visit, view),
      onProblem: (problem) => visit === this.#visit && this.#set({ problem }),
    });
    this.#visit = visit;
    this.#set({ lastGroup: group.name, problem: undefined, call: visit.view });
    visit.enter();
  }

  leave(): void {
    this.#visit?.leave();
  }

  /** Goes back to the groups from a visit that has ended. */
  dismiss(): void {
    if (this.#visit?.ended === true) this.#closeVisit();
  }

  /** The page goes away: BYE and unregister leave while there still is a connection. */
  unload(): void {
    this.#visit?.leave();
  }

  networkChanged(): void {
    this.#visit?.networkChanged();
  }

  /** Mutes or unmutes the user: here at once, and for the others to see. */
  setMuted(muted: boolean): void {
    this.#visit?.setMuted(muted);
  }

  /** For moderators: mutes or unmutes somebody else. */
  async setParticipantMuted(id: string, muted: boolean): Promise<void> {
    await this.#visit?.setParticipantMuted(id, muted);
  }

  /** For moderators: sends somebody out of the room. */
  async removeParticipant(id: string): Promise<void> {
    await this.#visit?.removeParticipant(id);
  }

  sendDigit(digit: string): void {
    this.#visit?.sendDigit(digit);
  }

  /** Plays the room's sound; from within a click, browsers allow it. */
  enableSound(): void {
    this.#speaker.play();
  }

  /** How loud the microphone is now, from 0 to 1. */
  soundLevel(): number {
    return this.#visit?.soundLevel() ?? 0;
  }

  devices(): Promise<AudioDevices> {
    return listAudioDevices();
  }

  async chooseMicrophone(id: string): Promise<void> {
    this.#memory.microphone = id;
    this.#set({ microphone: id });
    await this.#visit?.reopenMicrophone();
  }

  async chooseSpeaker(id: string): Promise<void> {
    if (!(await this.#speaker.choose(id))) return;
    this.#memory.speaker = id;
    this.#set({ speaker: id });
  }

  clearProblem(): void {
    this.#set({ problem: undefined });
  }

  async #loadMe(): Promise<void> {
    try {
      this.#set({ me: await this.#api.me(), session: 'signed-in' });
      this.#followInvitation();
    } catch (error) {
      if (this.#state.session === 'signing-in') this.#signOut(problemOf(error, 'server-error'));
    }
  }

  #followInvitation(): void {
    const number = this.#invitedTo;
    if (number === undefined) return;
    this.#invitedTo = undefined;
    const group = this.#state.me?.groups.find((candidate) => candidate.number === number);
    if (group === undefined) this.#set({ problem: { code: 'not-allowed' } });
    else this.enter(group);
  }

  #signOut(problem?: Problem): void {
    this.#memory.token = undefined;
    this.#forgetVisit();
    this.#set({ session: 'signed-out', me: undefined, call: undefined, problem });
  }

  /** A visit the user ended leads back to the groups; one that ended otherwise stays, to say why. */
  #onView(visit: Visit, view: CallView): void {
    if (visit !== this.#visit) return;
    if (view.state === 'ended' && view.problem === undefined) this.#closeVisit();
    else this.#set({ call: view });
  }

  #closeVisit(): void {
    this.#forgetVisit();
    this.#set({ call: undefined, problem: undefined });
    void this.#loadMe();
  }

  #forgetVisit(): void {
    const visit = this.#visit;
    this.#visit = undefined;
    visit?.forget();
  }

  #set(change: Loose<PhoneState>): void {
    this.#state = withoutUndefined<PhoneState>({ ...this.#state, ...change });
    for (const listener of [...this.#listeners]) listener(this.#state);
  }
}

type Loose<T> = { [Key in keyof T]?: T[Key] | undefined };

/** Leaves out the keys whose value is `undefined`. */
function withoutUndefined<T extends object>(value: Loose<T>): T {
  return Object.fromEntries(Object.entries(value).filter(([, entry]) => entry !== undefined)) as T;
}

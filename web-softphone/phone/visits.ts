import type { Api, Me } from './api.js';
import type { CallView } from './call-view.js';
import type { Entrance } from './entrance.js';
import type { Line } from './line.js';
import type { Memory } from './memory.js';
import { openMicrophone } from './microphone.js';
import type { StateChange } from './phone-state.js';
import type { Problem } from './problem.js';
import { afterVisit, type RecentRoom, readRecentRooms } from './recent-rooms.js';
import type { Speaker } from './speaker.js';
import { Visit } from './visit.js';

export interface VisitsDeps {
  readonly api: Api;
  readonly memory: Memory;
  readonly speaker: Speaker;
  /** Absent for a guest. */
  readonly me: () => Me | undefined;
  /** To SIP, for one more visit. */
  readonly line: () => Line;
  readonly onChange: (change: StateChange) => void;
  /** The user is in no room any more, nor told of one. */
  readonly onClosed: () => void;
}

/** The user's visits to rooms: one at a time, and what is remembered of each. */
export class Visits {
  readonly #deps: VisitsDeps;
  #visit: Visit | undefined;

  constructor(deps: VisitsDeps) {
    this.#deps = deps;
  }

  /** The one that goes on, or has ended and is still shown. */
  get current(): Visit | undefined {
    return this.#visit;
  }

  get going(): boolean {
    return this.#visit !== undefined && !this.#visit.ended;
  }

  /**
   * Enters a room, unless the user is in one. Of the participant the user has been before, if any, they take the place.
   * Resolves to why there is no room.
   */
  go(entrance: Entrance, instead?: string): Promise<Problem | undefined> {
    if (this.going) return Promise.resolve(undefined);
    this.#visit?.forget();
    const { api, line, me, memory, onChange, speaker } = this.#deps;
    if (entrance.group !== undefined) memory.lastGroup = entrance.group;
    const visit: Visit = new Visit({
      api,
      me: me(),
      entrance,
      instead,
      line: line(),
      openMicrophone: () => openMicrophone(memory.microphone),
      onSound: (stream) => (stream === undefined ? speaker.detach() : speaker.attach(stream)),
      onChange: (view) => this.#onView(visit, view),
      onProblem: (problem) => visit === this.#visit && onChange({ problem }),
    });
    this.#visit = visit;
    onChange({ lastGroup: memory.lastGroup, problem: undefined, call: visit.view });
    return visit.enter().then((problem) => {
      if (visit === this.#visit) this.#remember(visit.view);
      return problem;
    });
  }

  /** Enters the room once more from a visit that has ended. */
  again(): void {
    if (this.#visit?.ended === true) void this.go(this.#visit.again);
  }

  /** Comes into the room with this page after all; the desk phone leaves it once that is done. */
  againByBrowser(): void {
    const visit = this.#visit;
    const entrance = visit?.againBy('softphone');
    if (visit === undefined || entrance === undefined) return;
    this.forget();
    void this.go(entrance, visit.view.selfId);
  }

  /** Leaves for another room: nothing is told of this one any more. */
  leaveBehind(): void {
    const visit = this.#visit;
    this.#visit = undefined;
    visit?.leave();
    visit?.forget();
  }

  /** Closes a visit that has ended. */
  dismiss(): void {
    if (this.#visit?.ended === true) this.#close();
  }

  /** Nothing is told of the visit any more. */
  forget(): void {
    const visit = this.#visit;
    this.#visit = undefined;
    visit?.forget();
  }

  /** Rooms to come back to. */
  recentRooms(user: string): readonly RecentRoom[] {
    return readRecentRooms(this.#deps.memory.recentRooms, user, Date.now());
  }

  #remember(view: CallView): void {
    const { me, memory, onChange } = this.#deps;
    const user = me()?.name;
    if (user === undefined) return;
    memory.recentRooms = afterVisit(memory.recentRooms, user, view);
    onChange({ recentRooms: this.recentRooms(user) });
  }

  /** A visit the user ended leads back to the lobby; one that ended otherwise stays, to say why. */
  #onView(visit: Visit, view: CallView): void {
    if (visit !== this.#visit) return;
    const { memory, onChange } = this.#deps;
    const byDeskPhone = view.device === 'desk-phone' && view.state === 'in-room';
    memory.deskPhoneRoom = byDeskPhone ? view.number : undefined;
    if (view.state === 'ended' && view.problem === undefined) this.#close();
    else onChange({ call: view });
  }

  #close(): void {
    this.forget();
    this.#deps.onChange({ call: undefined, problem: undefined });
    this.#deps.onClosed();
  }
}

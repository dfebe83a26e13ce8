import type { Api, Invitees } from './api.js';
import { type Problem, problemOf } from './problem.js';
import type { GivenRole } from './room-view.js';
import type { Visit } from './visit.js';

/** What is asked of the room the user is in, over HTTP. */
export class RoomDesk {
  readonly #api: Api;
  readonly #visit: () => Visit | undefined;
  readonly #onProblem: (problem: Problem) => void;

  constructor(deps: { api: Api; visit: () => Visit | undefined; onProblem: (problem: Problem) => void }) {
    this.#api = deps.api;
    this.#visit = deps.visit;
    this.#onProblem = deps.onProblem;
  }

  /** Asks for the floor, or no more. */
  async raiseHand(raised: boolean): Promise<void> {
    await this.#do(async (room, { view: { selfId } }) => {
      if (selfId !== undefined) await this.#api.setHandRaised(room, selfId, raised);
    });
  }

  /** For moderators: somebody has had the floor. */
  async lowerHand(participant: string): Promise<void> {
    await this.#do((room) => this.#api.setHandRaised(room, participant, false));
  }

  /** For moderators: mutes everybody who does not moderate. */
  async muteAll(): Promise<void> {
    await this.#do((room) => this.#api.muteAll(room));
  }

  /** For moderators: keeps everybody out who does not moderate, or no more. */
  async setLocked(locked: boolean): Promise<void> {
    await this.#do(async (room, visit) => {
      await this.#api.setLocked(room, locked);
      visit.setRoomFacts({ locked });
    });
  }

  /** For moderators: has everybody in the room told the name of each who joins, or no more. */
  async setAnnounceJoins(announceJoins: boolean): Promise<void> {
    await this.#do(async (room, visit) => {
      await this.#api.setAnnounceJoins(room, announceJoins);
      visit.setRoomFacts({ announceJoins });
    });
  }

  /** For moderators: mutes or unmutes somebody else. */
  async setMuted(participant: string, muted: boolean): Promise<void> {
    await this.#do((room) => this.#api.setMuted(room, participant, muted));
  }

  /** For moderators: gives somebody else a role while they are in the room. */
  async setRole(participant: string, role: GivenRole): Promise<void> {
    await this.#do((room) => this.#api.setRole(room, participant, role));
  }

  /** For moderators: sends somebody out of the room. */
  async remove(participant: string): Promise<void> {
    await this.#do((room) => this.#api.remove(room, participant));
  }

  /** Has more people rung; resolves to why not. */
  invite(invite: Invitees): Promise<Problem | undefined> {
    return this.#try(async (room, visit) => visit.addInvitations(await this.#api.invite(room, invite)));
  }

  /** Has somebody called once more. */
  async callAgain(invitee: string): Promise<void> {
    await this.#do(async (room, visit) => visit.addInvitations(await this.#api.invite(room, [invitee])));
  }

  async cancelInvitation(invitation: string): Promise<void> {
    await this.#do((room) => this.#api.cancelInvitation(room, invitation));
  }

  async cancelInvitations(): Promise<void> {
    await this.#do((room) => this.#api.cancelInvitations(room));
  }

  /** Resolves to the PIN, for the one time it is shown, or to why there is none. */
  async setPin(pin?: string): Promise<string | Problem> {
    let set = '';
    const problem = await this.#try(async (room, visit) => {
      set = await this.#api.setPin(room, pin);
      visit.setRoomFacts({ hasPin: true });
    });
    return problem ?? set;
  }

  async removePin(): Promise<void> {
    await this.#do(async (room, visit) => {
      await this.#api.removePin(room);
      visit.setRoomFacts({ hasPin: false });
    });
  }

  async #do(action: (room: string, visit: Visit) => Promise<void>): Promise<void> {
    const problem = await this.#try(action);
    if (problem !== undefined) this.#onProblem(problem);
  }

  async #try(action: (room: string, visit: Visit) => Promise<void>): Promise<Problem | undefined> {
    const visit = this.#visit();
    const number = visit?.view.number;
    if (visit === undefined || number === undefined) return { code: 'action-failed' };
    try {
      await action(number, visit);
      return undefined;
    } catch (error) {
      return problemOf(error, 'action-failed');
    }
  }
}

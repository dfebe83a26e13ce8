import { RoomlineError } from '../errors.js';
import type { Log } from '../log.js';
import { type Invitation, type InvitationChange, type InvitationStore, inviteeForLogs } from '../rooms/invitations.js';
import type { Roster } from '../rooms/roster.js';
import { pause } from './pause.js';

export interface InvitationRecordOptions {
  invitations: Pick<InvitationStore, 'advance'>;
  events: Roster['events'];
  log: Log;
  /** Aborted when the gateway stops: what cannot be written by then is not. */
  stopping: AbortSignal;
}

const FIRST_PAUSE_MS = 1000;
const LONGEST_PAUSE_MS = 30_000;

/** An invitation as it is written down: its states one after the other, each told once it is. */
export class InvitationRecord {
  readonly #options: InvitationRecordOptions;
  #invitation: Invitation;
  #written: Promise<unknown> = Promise.resolve();

  constructor(options: InvitationRecordOptions, invitation: Invitation) {
    this.#options = options;
    this.#invitation = invitation;
  }

  /** As it was written last. */
  get invitation(): Invitation {
    return this.#invitation;
  }

  /** Resolves when nothing is being written. */
  get written(): Promise<unknown> {
    return this.#written;
  }

  /**
   * Moves it on; false when somebody else did by now, such as who cancelled it.
   * @throws RoomlineError `unavailable` without a database.
   */
  move(change: InvitationChange): Promise<boolean> {
    return this.#after(() => this.#write(change));
  }

  /** Moves it on as `plan` says of what was written last; what the database does not take is tried again. */
  keep(plan: (invitation: Invitation) => InvitationChange | undefined): Promise<boolean> {
    return this.#after(async () => {
      const change = plan(this.#invitation);
      return change !== undefined && this.#insist(change);
    });
  }

  #after(write: () => Promise<boolean>): Promise<boolean> {
    const written = this.#written.then(write);
    this.#written = written.catch(() => undefined);
    return written;
  }

  async #insist(change: InvitationChange): Promise<boolean> {
    const { log, stopping } = this.#options;
    for (let pauseMs = FIRST_PAUSE_MS; ; pauseMs = Math.min(2 * pauseMs, LONGEST_PAUSE_MS)) {
      try {
        return await this.#write(change);
      } catch (error) {
        log.error(
          { err: error, invitation: this.#invitation.id, state: change.state },
          'the state of an invitation was not written',
        );
        if (stopping.aborted || !(error instanceof RoomlineError)) return false;
        await pause(pauseMs, stopping);
      }
    }
  }

  async #write(change: InvitationChange): Promise<boolean> {
    const moved = await this.#options.invitations.advance(this.#invitation, change);
    if (moved) this.#tell(change);
    return moved;
  }

  #tell(change: InvitationChange): void {
    const { events, log } = this.#options;
    const { cause: _cause, nextTryAt: _nextTryAt, ...kept } = this.#invitation;
    this.#invitation = { ...kept, ...change, updatedAt: new Date() };
    const { id, room, to, state, tries, cause, nextTryAt } = this.#invitation;
    log.info({ invitation: id, room, to: inviteeForLogs(to), state, tries, cause, nextTryAt }, 'invitation moved on');
    events.emit('invitation.updated', { room, invitation: this.#invitation });
  }
}

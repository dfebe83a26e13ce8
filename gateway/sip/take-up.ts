import type { Log } from '../log.js';
import { isAbandoned, takenUp } from '../rooms/invitation-plan.js';
import type { Invitation, InvitationChange, InvitationStore } from '../rooms/invitations.js';
import type { User, UserStore } from '../rooms/user.js';
import { pause } from './pause.js';

/**
 * Which unfinished invitations a voice server takes up: all where no other one may be seeing to them, those that
 * nobody seems to see to beside others, none while another one takes the calls.
 */
export type TakeUp = 'all' | 'abandoned' | 'none';

export interface TakeUpOptions {
  invitations: Pick<InvitationStore, 'listUnfinished'>;
  users: Pick<UserStore, 'findByName'>;
  whichToTakeUp(): Promise<TakeUp>;
  /** An invitation that is being seen to here. */
  has(id: string): boolean;
  /** Sees to one, once it is written down what becomes of it; the inviter may be gone. */
  adopt(inviter: User | undefined, invitation: Invitation, change: InvitationChange): void;
  /** Another voice server sees to those that wait here. */
  yieldUp(): void;
  /** How long the longest try takes: of one that is seen to, more is heard by then. */
  longestTryMs: number;
  log: Log;
}

/** Until all were taken up at a start, and from then on. */
const FIRST_PAUSE_MS = 500;
const PAUSE_MS = 10_000;

/** Takes up invitations that a dead gateway has left behind, or that never got here; stopped by the signal. */
export async function takeUpInvitations(options: TakeUpOptions, signal: AbortSignal): Promise<void> {
  let all = false;
  while (!signal.aborted) {
    try {
      const which = await options.whichToTakeUp();
      if (which === 'none') options.yieldUp();
      else await takeUp(options, { all: which === 'all' && !all }, signal);
      all = which === 'all';
    } catch (error) {
      options.log.warn({ err: error }, 'invitations that were left behind were not taken up');
    }
    await pause(all ? PAUSE_MS : FIRST_PAUSE_MS, signal);
  }
}

async function takeUp(options: TakeUpOptions, { all }: { all: boolean }, signal: AbortSignal): Promise<void> {
  const { adopt, has, invitations, log, longestTryMs, users } = options;
  const now = new Date();
  const left = (await invitations.listUnfinished()).filter(
    (invitation) => !has(invitation.id) && (all || isAbandoned(invitation, longestTryMs, now)),
  );
  if (left.length > 0) log.info({ invitations: left.length }, 'taking up invitations that were left behind');
  const inviters = new Map<string, User | undefined>();
  for (const invitation of left) {
    const { id, name } = invitation.inviter;
    if (!inviters.has(name)) inviters.set(name, await users.findByName(name));
    if (signal.aborted) return;
    const inviter = inviters.get(name);
    adopt(inviter?.id === id ? inviter : undefined, invitation, takenUp(invitation, now));
  }
}

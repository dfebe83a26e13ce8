import { ENDED_INVITATION_STATES, isFinished } from '../rooms/invitations.js';
import type { Roster } from '../rooms/roster.js';
import { Tally, type TallySource } from '../tally.js';

/** Counts what became of invitations, each once: one that is cancelled after its end was counted then. */
export function tallyInvitations(roster: Roster): TallySource {
  const tally = new Tally({
    name: 'roomline_invitations_total',
    help: 'Invitations that ended, by outcome.',
    label: 'outcome',
    values: ENDED_INVITATION_STATES,
  });
  roster.events.on('invitation.updated', ({ invitation, afterEnd }) => {
    if (afterEnd !== true && isFinished(invitation)) tally.add(invitation.state);
  });
  return tally;
}

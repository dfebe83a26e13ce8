import { type Invitation, type InvitationState, isPending } from '../phone/invitations.js';

/** What has become of an invitation, in a word or two. */
export const INVITATION_STATES: Record<InvitationState, string> = {
  queued: 'waiting',
  ringing: 'ringing…',
  answered: 'answered…',
  confirming: 'is being asked…',
  joined: 'came in',
  declined: 'declined',
  snoozed: 'asked for later',
  'no-answer': 'no answer',
  busy: 'busy',
  unreachable: 'not reachable',
  voicemail: 'voicemail suspected',
  failed: 'failed',
  cancelled: 'cancelled',
};

/** The gateway's words for why it came to this. */
const CAUSES: Readonly<Record<string, string>> = {
  'hung-up': 'Picked up and hung up',
  'snoozed-too-often': 'Asked for later too often',
  'quiet-hours': 'Quiet hours',
  interrupted: 'The server was restarted',
  'no-contact': 'No phone is registered',
  'no contact': 'No phone is registered',
  'no-response': 'Nothing rang at the other end',
  'no-flow': 'The phone’s connection is gone',
  'no-such-user': 'No longer a user here',
  'link-lost': 'The call server was lost',
  'no-trunk': 'There is no outside line for this number',
  barred: 'Calls to this number are not allowed',
  'user-limit': 'The inviter’s calls of this hour are used up',
  'hour-limit': 'The outside calls of this hour are used up',
  'at-once': 'All outside lines are in use',
  locked: 'The room is locked',
  full: 'The room is full',
  'not-admitted': 'May not enter this room',
  'not-a-member': 'May not enter this room',
  'not-invited': 'May not enter this room',
  'not-acceptable': 'No common sound format',
  'inviter-gone': 'The inviter is no longer a user here',
  'room-ended': 'The room has ended',
  'media-lost': 'The sound was lost',
  unreachable: 'The connection was lost',
  internal: 'Something went wrong in the server',
  ended: 'The call was ended on the way',
};

/** SIP statuses (RFC 3261 section 21) as the one who invited would say them. */
const STATUSES: Readonly<Record<number, string>> = {
  401: 'The other side wants a login',
  403: 'The other side forbids the call',
  404: 'The number does not exist',
  407: 'The other side wants a login',
  408: 'The other side did not answer',
  410: 'The number is no longer in use',
  415: 'No common sound format',
  480: 'Not available just now',
  484: 'The number is incomplete',
  488: 'No common sound format',
  500: 'The other side has a problem',
  502: 'The other side has a problem',
  503: 'The other side is overloaded',
  504: 'The other side did not answer',
  604: 'The number does not exist',
  606: 'No common sound format',
};

/** Statuses that say no more than the state itself. */
const SAID_BY_STATE: readonly number[] = [486, 600, 603, 607];

/** What there is to say beside the state: why, when they are called next, how often they were. */
export function invitationFacts(invitation: Invitation): readonly string[] {
  const { state, tries = 0, nextTryAt } = invitation;
  const next = nextTryAt === undefined ? undefined : nextWords(state, clock(nextTryAt));
  const often = tries > 1 || (tries === 1 && nextTryAt !== undefined) ? triesWords(tries) : undefined;
  return [causeWords(invitation), next, often].filter((fact) => fact !== undefined);
}

function causeWords({ cause, state, nextTryAt }: Invitation): string | undefined {
  if (cause === undefined || state === 'joined') return undefined;
  if (!/^\d{3}$/.test(cause)) return CAUSES[cause] ?? cause.replaceAll('-', ' ');
  const status = Number(cause);
  if (SAID_BY_STATE.includes(status) && state !== 'failed') return undefined;
  const words = STATUSES[status];
  if (state !== 'failed' && words !== undefined && !isPending({ state, nextTryAt })) return words;
  return words === undefined ? `SIP status ${cause}` : `${words} (SIP ${cause})`;
}

function nextWords(state: InvitationState, time: string): string {
  return state === 'busy' || state === 'no-answer' ? `next try at ${time}` : `called at ${time}`;
}

function triesWords(tries: number): string {
  return tries === 1 ? '1 try' : `${tries} tries`;
}

function clock(time: string): string {
  return new Intl.DateTimeFormat(undefined, { hour: '2-digit', minute: '2-digit' }).format(new Date(time));
}

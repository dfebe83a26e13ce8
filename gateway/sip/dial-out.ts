import { randomUUID } from 'node:crypto';
import type { ContactBinding } from '../rooms/contact-binding.js';
import type { InvitationState } from '../rooms/invitations.js';
import type { Room } from '../rooms/room.js';
import type { ParticipantRole } from '../rooms/roster.js';
import type { User } from '../rooms/user.js';
import type { AccessGuard, Epoch } from './access-guard.js';
import { bracketed } from './address.js';
import { type CallReason, DialledOut } from './dialled-out.js';
import type { Focuses } from './focuses.js';
import { quoteDisplayName, scrub } from './header-guard.js';
import { aorUserOf, type Identity } from './identity.js';
import type { Leg } from './leg.js';
import type { OutsideInvite } from './outside-line.js';
import { mostTelling, outcomeOf } from './ring-outcome.js';
import type { SipServer } from './sip-server.js';

export interface DialOutOptions {
  server: Pick<SipServer, 'call'>;
  focuses: Pick<Focuses, 'add'>;
  guard: Pick<AccessGuard, 'confirm'>;
  /** The host of our addresses of record and conference URIs. */
  host: string;
  ringMs: number;
  /** A contact cannot be reached any more. */
  onDeadContact(binding: ContactBinding): void;
}

/** Who is called into which room, and in whose name. */
export interface RingOptions {
  readonly room: Room;
  /** A user, or an outside line that is nobody's: `{ outside: { id: INVITATION, tel, room } }`. */
  readonly identity: Identity;
  readonly role: ParticipantRole;
  readonly inviter: User;
  readonly contacts: readonly ContactBinding[];
  /** Calls over trunks, each placed and given back by this. */
  readonly lines?: readonly OutsideInvite[];
  /** When it was looked up that they may enter. */
  readonly since: Epoch;
  /** Somebody answered, or is asked whether they join; others may still ring. */
  onProgress?(progress: RingProgress): void;
}

export type RingProgress = Extract<InvitationState, 'answered' | 'confirming'>;

/** Calls all contacts of a user, or lines, at once. */
export type DialOut = (options: RingOptions) => Ringing;

/** How an invitation's ringing ended. */
export interface RingOutcome {
  readonly state: Extract<
    InvitationState,
    'joined' | 'declined' | 'snoozed' | 'busy' | 'no-answer' | 'unreachable' | 'voicemail' | 'failed' | 'cancelled'
  >;
  /** The SIP status, or a word such as `hung-up`, `full`, `locked`, `no-flow`. */
  readonly cause?: string;
}

export interface Ringing {
  /** Settles when one has answered and is in the room, or none will. Never rejects. */
  readonly outcome: Promise<RingOutcome>;
  /** Stops whatever is not in the room yet; a reason is told to the phones that ring. */
  stop(reason?: CallReason): void;
}

export const ANSWERED_ELSEWHERE: CallReason = { status: 200, text: 'Call completed elsewhere' };
const DECLINED_ELSEWHERE: CallReason = { status: 603, text: 'Declined elsewhere' };

/** Longer names are cut: a phone shows less, and a header may not grow without end. */
const MAX_DISPLAY_NAME_LENGTH = 128;

/** One call to one contact. */
interface Branch {
  readonly leg: Leg;
  readonly origin: DialledOut;
  readonly binding: ContactBinding;
}

export function createDialOut(options: DialOutOptions): DialOut {
  const { focuses, guard, server, host, ringMs, onDeadContact } = options;

  function dial(ring: RingOptions, binding: ContactBinding, onAnswered: () => void): Branch {
    const { room, identity, role, inviter } = ring;
    const origin = new DialledOut({
      server,
      ringMs,
      onAnswered,
      invite: {
        uri: binding.contactUri,
        from: `${quoteDisplayName(callerName(room, inviter))} <sip:${room.number}@${bracketed(host)}>`,
        to: `<sip:${aorUserOf(identity)}@${bracketed(host)}>`,
        target: { address: binding.sourceAddress, port: binding.sourcePort, transport: binding.transport },
      },
    });
    const device = binding.transport === 'ws' ? 'softphone' : 'desk-phone';
    const leg = focuses.add(room, { id: randomUUID(), origin, identity, device, role });
    guard.confirm(leg, ring.since);
    return { leg, origin, binding };
  }

  return (ring) => {
    const branches: Branch[] = [];
    const stop = (reason?: CallReason) => stopAll(branches, reason);
    let answered = false;
    const onAnswered = (binding: ContactBinding) => {
      // The first answer wins: a second that crossed the CANCEL may not stop it.
      if (!answered) stopOthers(branches, binding);
      answered = true;
    };
    for (const binding of ring.contacts) branches.push(dial(ring, binding, () => onAnswered(binding)));
    const outcome = settle(branches, (branch) => {
      const { state, cause } = outcomeOf(branch);
      if (cause === 'no-flow') onDeadContact(branch.binding);
      // Who declines does so on all their phones (RFC 3261 section 16.7 step 5).
      if (state === 'declined') stop(DECLINED_ELSEWHERE);
    });
    return { outcome, stop };
  };
}

/** Starts all branches; the first in the room decides, else the most telling of the others' fates. */
function settle(branches: readonly Branch[], onEnded: (branch: Branch) => void): Promise<RingOutcome> {
  return new Promise((resolve) => {
    let left = branches.length;
    if (left === 0) resolve({ state: 'unreachable', cause: 'no contact' });
    for (const branch of branches) {
      void branch.leg.start().then(() => {
        const { state } = outcomeOf(branch);
        if (state === 'joined') resolve({ state });
        else onEnded(branch);
        left--;
        if (left === 0) resolve(mostTelling(branches.map(outcomeOf)));
      });
    }
  });
}

function stopOthers(branches: readonly Branch[], winner: ContactBinding): void {
  stopAll(
    branches.filter(({ binding }) => binding !== winner),
    ANSWERED_ELSEWHERE,
  );
}

function stopAll(branches: readonly Branch[], reason: CallReason | undefined): void {
  for (const { leg, origin } of branches) {
    if (leg.state === 'joined' || leg.state === 'ended') continue;
    if (reason !== undefined) origin.because(reason);
    void leg.end('left');
  }
}

/** What the phone shows: who calls, and for a group's room into which. */
function callerName(room: Room, inviter: User): string {
  const name = room.kind === 'group' ? `${inviter.displayName} (${room.title})` : inviter.displayName;
  return scrub([...name].slice(0, MAX_DISPLAY_NAME_LENGTH).join(''));
}

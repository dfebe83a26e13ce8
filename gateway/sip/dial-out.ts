import { randomUUID } from 'node:crypto';
import { bracketed } from '../bracketed.js';
import type { Log } from '../log.js';
import type { ContactBinding } from '../rooms/contact-binding.js';
import type { Room } from '../rooms/room.js';
import type { Device, ParticipantRole } from '../rooms/roster.js';
import type { User } from '../rooms/user.js';
import { within } from '../within.js';
import type { AccessGuard, Epoch } from './access-guard.js';
import type { AnsweredCall } from './answered-call.js';
import type { CallReason } from './call.js';
import { callerName } from './caller-name.js';
import type { Confirm, ConfirmContext, Question, Refusal } from './confirm.js';
import { DialledOut } from './dialled-out.js';
import type { Focuses } from './focuses.js';
import { quoteDisplayName } from './header-guard.js';
import { aorUserOf, type Identity } from './identity.js';
import type { Leg } from './leg.js';
import type { OutsideInvite } from './outside-line.js';
import type { Redirect } from './redirect.js';
import { type Branch, type BranchEvents, type BranchTarget, Ring, type RingProgress } from './ring.js';
import { NotConfirmed, type RingOutcome } from './ring-outcome.js';
import type { Headers, OutgoingInvite, SipServer } from './sip-server.js';

export { ANSWERED_ELSEWHERE, type RingProgress } from './ring.js';
export type { RingOutcome } from './ring-outcome.js';

/** How a phone is asked to answer by itself; not all understand the same. */
export type AutoAnswer = 'off' | 'alert-info' | 'call-info';

export interface DialOutOptions {
  server: Pick<SipServer, 'call'>;
  focuses: Pick<Focuses, 'add' | 'barrier'>;
  guard: Pick<AccessGuard, 'confirm' | 'assertAdmitted'>;
  confirm: Confirm;
  redirect: Redirect;
  /** The host of our addresses of record and conference URIs. */
  host: string;
  ringMs: number;
  /** How long an answered phone may be asked whether it joins; the default is longer than any prompt. */
  confirmMs?: number;
  autoAnswer: AutoAnswer;
  /** A contact cannot be reached any more. */
  onDeadContact(binding: ContactBinding): void;
  log: Log;
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
  /** They asked for the call themselves: who answers a phone is in the room, and phones may answer by themselves. */
  readonly ownCall?: boolean;
  /** Somebody answered, or is asked whether they join; others may still ring. */
  onProgress?(progress: RingProgress): void;
}

/** Calls all contacts of a user, or lines, at once. */
export type DialOut = (options: RingOptions) => Ringing;

export interface Ringing {
  /** Settles when one has answered and is in the room, or none will. Never rejects. */
  readonly outcome: Promise<RingOutcome>;
  /** Stops whatever is not in the room yet; a reason is told to the phones that ring. */
  stop(reason?: CallReason): void;
}

const CONFIRM_MS = 90_000;

export function createDialOut(options: DialOutOptions): DialOut {
  const { focuses, guard, server, host, ringMs, confirmMs = CONFIRM_MS, autoAnswer, log } = options;

  function inviteTo(ring: RingOptions, target: BranchTarget): Omit<OutgoingInvite, 'sdp'> {
    if ('line' in target) return target.line.invite;
    const { contact } = target;
    const headers = ring.ownCall === true ? autoAnswerHeaders(autoAnswer, host) : {};
    return {
      uri: contact.contactUri,
      from: `${quoteDisplayName(callerName(ring))} <sip:${ring.room.number}@${bracketed(host)}>`,
      to: `<sip:${aorUserOf(ring.identity)}@${bracketed(host)}>`,
      target: { address: contact.sourceAddress, port: contact.sourcePort, transport: contact.transport },
      headers,
    };
  }

  /** Asks whoever answered. @throws NotConfirmed */
  async function ask(
    ring: RingOptions,
    call: AnsweredCall,
    target: BranchTarget,
    hears: Pick<ConfirmContext, 'onStarted' | 'onRefused'>,
  ) {
    const barrier = () => focuses.barrier(ring.room, ring.role);
    const answer = options.confirm(call, { ...questionTo(ring, target), ...hears, barrier });
    const confirmation = await within(confirmMs, answer, 'no-key' as const);
    if (confirmation !== 'accepted') throw new NotConfirmed(confirmation);
  }

  function dial(ring: RingOptions, target: BranchTarget, events: BranchEvents): Branch {
    const invite = inviteTo(ring, target);
    const device = deviceOf(target);
    // A telephone one's own desk phone sends its calls to may be answered by a machine.
    const asked = device === 'outside-line' || (device === 'desk-phone' && ring.ownCall !== true);
    const origin = new DialledOut({ server, ringMs, invite });
    let refused: Refusal | undefined;
    const beforeEntering = async (entering: Leg, call: AnsweredCall) => {
      await ask(ring, call, target, {
        onStarted: () => events.progress('confirming'),
        onRefused: (refusal) => {
          if (call.ended.aborted) return;
          refused = refusal;
          events.refused(branch);
        },
      });
      if (call.ended.aborted) return;
      await guard.assertAdmitted(entering, ring.since);
      if (!call.ended.aborted) events.taken(branch);
    };
    const { room, identity, role } = ring;
    const leg = focuses.add(room, {
      id: randomUUID(),
      origin,
      identity,
      device,
      role,
      onAnswered: () => (asked ? events.progress('answered') : events.taken(branch)),
      ...languageOf(target),
      ...(asked ? { beforeEntering } : {}),
    });
    const branch: Branch = {
      leg,
      origin,
      ...('contact' in target ? { binding: target.contact } : {}),
      get refused() {
        return refused;
      },
    };
    if (asked) options.confirm.prepare?.(questionTo(ring, target));
    if ('line' in target) leg.call.events.on('ended', () => target.line.release());
    guard.confirm(leg, ring.since);
    return branch;
  }

  return (asked) => {
    const context = { ...asked, callerName: callerName(asked) };
    const ring = new Ring({
      dial: (target, events) => dial(asked, target, events),
      redirect: (contacts, from) => {
        const readNumber = 'line' in from ? from.line.readNumber : undefined;
        return options.redirect(contacts, readNumber === undefined ? context : { ...context, readNumber });
      },
      onProgress: (progress) => asked.onProgress?.(progress),
      onDeadContact: options.onDeadContact,
      log,
    });
    const { contacts, lines = [] } = asked;
    const outcome = ring.run([...contacts.map((contact) => ({ contact })), ...lines.map((line) => ({ line }))]);
    return { outcome, stop: (reason) => ring.stop(reason) };
  };
}

/** What whoever answers is told. */
function questionTo({ room, inviter, identity }: RingOptions, target: BranchTarget): Question {
  return { room, inviter, ...('user' in identity ? { user: identity.user } : {}), ...languageOf(target) };
}

function languageOf(target: BranchTarget): { language?: string } {
  const language = 'line' in target ? target.line.language : undefined;
  return language === undefined ? {} : { language };
}

function deviceOf(target: BranchTarget): Device {
  if ('line' in target) return 'outside-line';
  return target.contact.transport === 'ws' ? 'softphone' : 'desk-phone';
}

function autoAnswerHeaders(autoAnswer: AutoAnswer, host: string): Headers {
  switch (autoAnswer) {
    case 'off':
      return {};
    case 'alert-info':
      return { 'Alert-Info': '<http://localhost>;info=alert-autoanswer;delay=0' };
    case 'call-info':
      return { 'Call-Info': `<sip:${bracketed(host)}>;answer-after=0` };
  }
}

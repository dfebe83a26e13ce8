import { bracketed } from '../../bracketed.js';
import type { Log } from '../../log.js';
import { createOutsideCallCheck, type OutsideCallCheck } from '../../rooms/outside-call-check.js';
import { OUTSIDE_CALL_REFUSALS, type OutsideCallRefusal, type OutsideCalls } from '../../rooms/outside-calls.js';
import {
  dialledForm,
  fromDialledForm,
  readTelephoneNumber,
  type TelephoneNumber,
  telephoneForLogs,
} from '../../rooms/telephone-number.js';
import { Tally, type TallySource } from '../../tally.js';
import { quoteDisplayName } from '../header-guard.js';
import type { OutsideContext, OutsideInvite, OutsideLine, OutsideRefusal } from '../outside-line.js';
import type { Headers } from '../sip-server.js';
import type { Trunk } from './trunk.js';

export interface OutsideCallingOptions {
  calls: OutsideCalls<Trunk>;
  trunks: readonly Trunk[];
  /** The host of our conference URIs. */
  host: string;
  log: Log;
}

export interface OutsideCalling extends OutsideLine {
  /** For whoever wants to know before anybody is invited; what it refuses is counted as well. */
  readonly check: OutsideCallCheck;
  readonly tallies: readonly TallySource[];
}

/** Whoever asks for hundreds does not fill the log. */
const MOST_LOGGED = 5;

/** Calls telephones over trunks, as far as the rules and limits let. */
export function createOutsideCalling({ calls, trunks, host, log }: OutsideCallingOptions): OutsideCalling {
  const placed = new Tally({
    name: 'roomline_outside_calls_placed_total',
    help: 'Calls to telephones that were placed, by trunk.',
    label: 'trunk',
    values: trunks.map(({ name }) => name),
  });
  const refused = new Tally({
    name: 'roomline_outside_calls_refused_total',
    help: 'Calls to telephones that were not placed, by reason; at-once: how often calls had to wait.',
    label: 'reason',
    values: OUTSIDE_CALL_REFUSALS,
  });
  /** Those who wait ask again and again: that there are no places is said once. */
  let full = false;

  function refuse(
    refusal: OutsideRefusal & { refused: OutsideCallRefusal },
    tel: string,
    context: OutsideContext,
  ): OutsideRefusal {
    const waits = refusal.refused === 'at-once';
    if (waits && full) return refusal;
    full ||= waits;
    refused.add(refusal.refused);
    const { inviter, room } = context;
    const message = waits ? 'calls to telephones wait for others to end' : 'a telephone is not called';
    log.info({ ...refusal, number: telephoneForLogs(tel), inviter: inviter.name, room: room.number }, message);
    return refusal;
  }

  const check = createOutsideCallCheck({
    foresee: (numbers, userId) => calls.foresee(numbers, userId),
    onRefused(reason, user, numbers) {
      refused.add(reason);
      const named = numbers.slice(0, MOST_LOGGED).map((number) => telephoneForLogs(number));
      log.info({ refused: reason, numbers: named, inviter: user }, 'an invitation to a telephone is refused');
    },
  });

  return {
    check,
    tallies: [placed, refused],
    async place(tel, context) {
      const number = readTelephoneNumber(tel);
      // What is not in E.164 is an emergency or service number, or none.
      if (number === undefined) return refuse({ refused: 'barred' }, tel, context);
      const decision = await calls.ask(number, context.inviter.id);
      if ('refused' in decision) return refuse(decision, number, context);
      full = false;
      const { trunk, end } = decision;
      placed.add(trunk.name);
      const { language } = trunk.settings;
      return {
        trunk: trunk.name,
        tel: number,
        invite: dress(trunk, number, context, host),
        ...(language === null ? {} : { language }),
        readNumber: (written) => fromDialledForm(written, trunk.settings),
        release: end,
      };
    },
  };
}

/** An INVITE the way the trunk wants it. */
function dress(trunk: Trunk, number: TelephoneNumber, context: OutsideContext, host: string): OutsideInvite['invite'] {
  const dialled = dialledForm(number, trunk.settings) ?? number;
  const name = quoteDisplayName(context.callerName);
  const { credentials } = trunk;
  return {
    uri: trunk.uri(dialled),
    from: nameAddr(name, callerUri(trunk, context, host)),
    to: `<${trunk.aor(dialled)}>`,
    target: trunk.target,
    headers: assertedIdentity(trunk, name),
    ...(credentials === undefined ? {} : { credentials }),
  };
}

/** Whom the telephone shows: the configured number, the account, or the room for peers that call it back. */
function callerUri(trunk: Trunk, { room }: OutsideContext, host: string): string {
  const { callerId, username } = trunk.settings;
  const user = callerId ?? username;
  return user === null ? `sip:${room.number}@${bracketed(host)}` : trunk.aor(user);
}

/** RFC 3325 section 9.1: for peers that trust us. */
function assertedIdentity(trunk: Trunk, name: string): Headers {
  const { assertIdentity, callerId } = trunk.settings;
  if (!assertIdentity || callerId === null) return {};
  return { 'P-Asserted-Identity': nameAddr(name, trunk.aor(callerId)) };
}

function nameAddr(name: string, uri: string): string {
  return `${name === '' ? '' : `${name} `}<${uri}>`;
}

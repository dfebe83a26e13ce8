import type { Clock, Timer } from '../clock.js';
import type { Headers } from '../message/headers.js';
import { parameter, parseParameters } from '../message/parameters.js';

/** RFC 4028 section 5: no session interval may be shorter. */
export const MIN_SESSION_SECONDS = 90;

/** What both sides agreed on: after how long a silent session is over, and who renews it. */
export interface SessionTerms {
  readonly seconds: number;
  readonly refresher: 'us' | 'peer';
}

interface SessionExpires {
  readonly seconds: number;
  readonly refresher: 'uac' | 'uas' | undefined;
}

/** Reads a Session-Expires value (RFC 4028 section 4). */
function parseSessionExpires(value: string | undefined): SessionExpires | undefined {
  const match = /^\s*(\d{1,9})\s*(;.*)?$/.exec(value ?? '');
  if (match?.[1] === undefined || Number(match[1]) === 0) return undefined;
  const refresher = parameter(parseParameters(match[2] ?? '', 0) ?? [], 'refresher')?.toLowerCase();
  return { seconds: Number(match[1]), refresher: refresher === 'uac' || refresher === 'uas' ? refresher : undefined };
}

/**
 * Settles the terms of a 2xx of ours to an INVITE or UPDATE: the app's, else the caller's if it says who refreshes,
 * which are then written into the answer; in a running session the refresher stays who it is. Undefined turns the
 * timer off (RFC 4028 section 9).
 */
export function settleAnswer(asked: Headers, answer: Headers, running?: SessionTerms): SessionTerms | undefined {
  const offer = parseSessionExpires(asked.get('session-expires'));
  const given = parseSessionExpires(answer.get('session-expires'));
  const present = running === undefined ? undefined : running.refresher === 'us' ? 'uas' : 'uac';
  const refresher = given?.refresher ?? offer?.refresher ?? present;
  if (given !== undefined) return { seconds: given.seconds, refresher: refresher === 'uac' ? 'peer' : 'us' };
  if (offer === undefined || refresher === undefined) return undefined;
  const seconds = Math.max(offer.seconds, MIN_SESSION_SECONDS);
  answer.set('Session-Expires', `${seconds};refresher=${refresher}`);
  return { seconds, refresher: refresher === 'uac' ? 'peer' : 'us' };
}

/** Puts a running session into a request of ours that would otherwise end it (RFC 4028 section 7.4). */
export function askToContinue(headers: Headers, running: SessionTerms): void {
  if (headers.has('session-expires')) return;
  headers.append('Session-Expires', `${running.seconds};refresher=${running.refresher === 'us' ? 'uac' : 'uas'}`);
  if (!headers.has('supported')) headers.append('Supported', 'timer');
}

/** Reads the terms from a 2xx to an INVITE or UPDATE of ours (RFC 4028 section 7.2). */
export function readAnswer(answer: Headers): SessionTerms | undefined {
  const given = parseSessionExpires(answer.get('session-expires'));
  if (given === undefined) return undefined;
  return { seconds: given.seconds, refresher: given.refresher === 'uas' ? 'peer' : 'us' };
}

/** Watches over one dialog's session: renews it halfway, or ends it when the peer does not renew it in time. */
export class SessionTimer {
  readonly terms: SessionTerms;
  readonly #clock: Clock;
  readonly #expiry: Timer;
  readonly #refresh: () => void;
  #next: Timer | undefined;

  constructor(terms: SessionTerms, deps: { clock: Clock; refresh: () => void; expired: () => void }) {
    this.terms = terms;
    this.#clock = deps.clock;
    this.#refresh = deps.refresh;
    this.#expiry = deps.clock.after(terms.seconds * 1000, deps.expired);
    if (terms.refresher === 'us') this.tryIn(terms.seconds * 500);
  }

  /** Sets when the session is to be renewed next. */
  tryIn(delayMs: number): void {
    this.#next?.cancel();
    this.#next = this.#clock.after(delayMs, this.#refresh);
  }

  stop(): void {
    this.#next?.cancel();
    this.#expiry.cancel();
  }
}

import { randomUUID } from 'node:crypto';
import type { Log } from '../../log.js';
import { parseNameAddr, sameTarget, splitList } from '../address.js';
import { DigestAnswer } from '../digest-answer.js';
import type { FinalResponse, SipServer } from '../sip-server.js';
import { escapeUser, type Trunk } from './trunk.js';

export interface RegistrationOptions {
  trunk: Trunk;
  server: Pick<SipServer, 'ask' | 'linked'>;
  /** Host and port where the trunk reaches us. */
  contactAddress: string;
  /** False while another gateway takes the calls: the registration is its own then. */
  active(): boolean;
  log: Log;
  times?: Partial<RegistrationTimes>;
  random?: () => number;
}

export interface RegistrationTimes {
  /** How long the answer to a REGISTER may take. */
  readonly answerMs: number;
  /** The pause after the first failure; it doubles with each one that follows. */
  readonly firstPauseMs: number;
  /** The same where the trunk knows us and says no: asking again soon looks like an attack. */
  readonly firstPauseRefusedMs: number;
  readonly longestPauseMs: number;
  /** Trunks that grant less are asked again no sooner than if it were this. */
  readonly shortestGrantMs: number;
  /** How often it is looked at whether we are active. */
  readonly standbyMs: number;
  /** How long the trunk may take to take a registration back when we stop. */
  readonly removalMs: number;
}

const TIMES: RegistrationTimes = {
  // Timer F (RFC 3261 section 17.1.2.2).
  answerMs: 32_000,
  firstPauseMs: 5_000,
  firstPauseRefusedMs: 60_000,
  longestPauseMs: 1_800_000,
  shortestGrantMs: 10_000,
  standbyMs: 2_000,
  removalMs: 2_000,
};

/** Of the time a registration was granted for, how much is used before it is renewed. */
const RENEWED_AFTER = { least: 0.7, spread: 0.15 };
/** Of a pause, how much is left to chance, so that gateways that lost a trunk together do not come back together. */
const JITTER = 0.5;
/** Whatever a peer says: within that time something else may be so. */
const LONGEST_GRANT_SECONDS = 86_400;
const LONGEST_RETRY_AFTER_SECONDS = 3_600;
/** A peer that asks for still longer registrations each time is not followed for ever. */
const MOST_ATTEMPTS_AT_ONCE = 6;

type Attempt =
  | { readonly grantedSeconds: number }
  | { readonly failure: string; readonly refused: boolean; readonly retryAfterMs: number };

/**
 * Keeps us registered at a trunk's provider (RFC 3261 section 10.2).
 *
 *   standby -> trying --2xx--> registered --before it expires--> trying
 *                +--anything else--> paused --longer each time--> trying
 *   (stop, and another gateway that takes the calls: whatever was registered is taken back)
 */
export class TrunkRegistration {
  readonly #options: RegistrationOptions;
  readonly #times: RegistrationTimes;
  readonly #random: () => number;
  readonly #digest: DigestAnswer;
  readonly #callId = randomUUID();
  readonly #tag = randomUUID().slice(0, 8);
  readonly #contact: string;
  #cseq = 0;
  #failures = 0;
  /** Why it failed last: the same again is no news. */
  #lastFailure: string | undefined;
  #timer: NodeJS.Timeout | undefined;
  #expiry: NodeJS.Timeout | undefined;
  #watch: NodeJS.Timeout | undefined;
  #stopped = false;
  /** The trunk may hold a registration of ours. */
  #maybeRegistered = false;

  constructor(options: RegistrationOptions) {
    this.#options = options;
    this.#times = { ...TIMES, ...options.times };
    this.#random = options.random ?? Math.random;
    const { trunk, contactAddress } = options;
    this.#digest = new DigestAnswer(trunk.credentials ?? { username: '', password: '' });
    const transport = trunk.settings.transport === 'tcp' ? ';transport=tcp' : '';
    this.#contact = `sip:${escapeUser(this.#user)}@${contactAddress}${transport}`;
  }

  start(): void {
    this.#schedule(0);
    this.#watch = setInterval(() => {
      const { active, trunk } = this.#options;
      if (trunk.registered && !active()) this.#schedule(0);
    }, this.#times.standbyMs);
    this.#watch.unref();
  }

  /** Takes the registration back, as far as that can be done soon. */
  async stop(): Promise<void> {
    this.#stopped = true;
    clearTimeout(this.#timer);
    clearInterval(this.#watch);
    await this.#remove();
  }

  async #remove(): Promise<void> {
    const { trunk, server, log } = this.#options;
    clearTimeout(this.#expiry);
    trunk.registered = false;
    if (!this.#maybeRegistered || !server.linked) return;
    this.#maybeRegistered = false;
    const removed = await this.#register(0, this.#times.removalMs);
    if ('failure' in removed)
      log.info({ trunk: trunk.name, why: removed.failure }, 'a registration was not taken back');
  }

  get #user(): string {
    return this.#options.trunk.settings.username ?? '';
  }

  #schedule(delayMs: number): void {
    if (this.#stopped) return;
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => void this.#turn(), delayMs);
    this.#timer.unref();
  }

  async #turn(): Promise<void> {
    const { active, server, trunk } = this.#options;
    if (!active()) await this.#remove();
    if (!active() || !server.linked) {
      this.#schedule(this.#times.standbyMs);
      return;
    }
    const attempt = await this.#register(trunk.settings.registerSeconds, this.#times.answerMs);
    if (this.#stopped) return;
    if ('grantedSeconds' in attempt) this.#granted(attempt.grantedSeconds);
    else this.#failed(attempt);
  }

  #granted(seconds: number): void {
    const { trunk, log } = this.#options;
    const news = !trunk.registered;
    this.#failures = 0;
    this.#lastFailure = undefined;
    trunk.registered = true;
    const grantedMs = Math.max(Math.min(seconds, LONGEST_GRANT_SECONDS) * 1000, this.#times.shortestGrantMs);
    clearTimeout(this.#expiry);
    this.#expiry = setTimeout(() => this.#lost('expired'), grantedMs);
    this.#expiry.unref();
    this.#schedule(grantedMs * (RENEWED_AFTER.least + RENEWED_AFTER.spread * this.#random()));
    log[news ? 'info' : 'debug']({ trunk: trunk.name, seconds }, 'registered at a trunk');
  }

  #failed({ failure, refused, retryAfterMs }: Extract<Attempt, { failure: string }>): void {
    const { trunk, log } = this.#options;
    const { firstPauseMs, firstPauseRefusedMs, longestPauseMs } = this.#times;
    const first = refused ? firstPauseRefusedMs : firstPauseMs;
    const backoffMs = Math.min(longestPauseMs, first * 2 ** Math.min(this.#failures, 20));
    const pauseMs = Math.max(retryAfterMs, backoffMs * (1 - JITTER * this.#random()));
    this.#failures += 1;
    if (refused) this.#lost(failure);
    const news = failure !== this.#lastFailure;
    this.#lastFailure = failure;
    const againInSeconds = Math.ceil(pauseMs / 1000);
    log[news ? 'warn' : 'debug']({ trunk: trunk.name, why: failure, againInSeconds }, 'not registered at a trunk');
    this.#schedule(pauseMs);
  }

  #lost(why: string): void {
    const { trunk, log } = this.#options;
    clearTimeout(this.#expiry);
    if (trunk.registered) log.warn({ trunk: trunk.name, why }, 'a registration at a trunk is lost');
    trunk.registered = false;
  }

  /** Asks to be registered for so long, 0 for not any more, and does what the answers want before that is granted. */
  async #register(wantedSeconds: number, deadlineMs: number): Promise<Attempt> {
    const deadline = performance.now() + deadlineMs;
    const round = this.#digest.begin();
    let seconds = wantedSeconds;
    for (let attempts = 1; ; attempts++) {
      const headers = round.headers('REGISTER', this.#options.trunk.uri());
      const answer = await this.#ask(seconds, headers, deadline - performance.now());
      if ('none' in answer) return { failure: answer.none, refused: false, retryAfterMs: 0 };
      if (answer.status < 300) return { grantedSeconds: this.#readGranted(answer, seconds) };
      const least = answer.status === 423 ? Number.parseInt(answer.header('min-expires') ?? '', 10) : 0;
      const longer = seconds > 0 && least > seconds && least <= LONGEST_GRANT_SECONDS;
      const again = longer || round.take(answer);
      if (!again || attempts >= MOST_ATTEMPTS_AT_ONCE || this.#stoppedMeanwhile(wantedSeconds))
        return toFailure(answer);
      if (longer) seconds = least;
    }
  }

  #stoppedMeanwhile(wantedSeconds: number): boolean {
    return this.#stopped && wantedSeconds > 0;
  }

  #ask(seconds: number, credentials: Record<string, string>, deadlineMs: number) {
    const { trunk, server } = this.#options;
    const aor = trunk.aor(this.#user);
    this.#cseq += 1;
    if (seconds > 0) this.#maybeRegistered = true;
    const headers = {
      From: `<${aor}>;tag=${this.#tag}`,
      'Call-ID': this.#callId,
      CSeq: `${this.#cseq} REGISTER`,
      Contact: `<${this.#contact}>`,
      Expires: String(seconds),
      ...credentials,
    };
    return server.ask({ method: 'REGISTER', uri: trunk.uri(), to: aor, target: trunk.target, headers }, deadlineMs);
  }

  /** What is said with our contact counts, then what is said of all (RFC 3261 section 10.2.4). */
  #readGranted(answer: FinalResponse, askedSeconds: number): number {
    const contacts = splitList(answer.header('contact') ?? '').flatMap((text) => parseNameAddr(text) ?? []);
    const own = contacts.find(({ uri }) => sameTarget(uri, this.#contact)) ?? contacts[0];
    const seconds = Number.parseInt(own?.params.get('expires') ?? answer.header('expires') ?? '', 10);
    return seconds >= 0 ? seconds : askedSeconds;
  }
}

function toFailure(answer: FinalResponse): Attempt {
  const { status } = answer;
  const retryAfterSeconds = Number.parseInt(answer.header('retry-after') ?? '', 10);
  return {
    failure: String(status),
    refused: status >= 400 && status < 500 && status !== 408 && status !== 480,
    retryAfterMs: retryAfterSeconds > 0 ? Math.min(retryAfterSeconds, LONGEST_RETRY_AFTER_SECONDS) * 1000 : 0,
  };
}

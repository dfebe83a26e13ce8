import type { Answer } from './sip-server.js';

/** A connection that is just being made anew (a browser on another network) gets a few tries within the deadline. */
const RETRY_MS = 2000;

export interface LivenessOptions {
  /** Asks the far end by OPTIONS within the dialog. */
  ask(deadlineMs: number): Promise<Answer>;
  /** They are gone. */
  onDead(): void;
  intervalMs: number;
  timeoutMs: number;
  /** Milliseconds of a clock that nobody sets: a changed date must neither end a call nor keep a dead one. */
  now?: () => number;
}

/**
 * Tells who is silent or on hold from who is gone. While RTP comes in nobody is asked; when it stops the far end is
 * asked at once and then in intervals, on hold in intervals only. Any answer means they are there.
 *
 *   heard --idle--> asked at once, then every interval
 *   heard --held--> asked every interval
 */
export class Liveness {
  readonly #options: LivenessOptions;
  readonly #now: () => number;
  #idle = false;
  #held = false;
  #stopped = false;
  #timer: NodeJS.Timeout | undefined;
  /** Raised whenever what is under way no longer counts. */
  #round = 0;

  constructor(options: LivenessOptions) {
    this.#options = options;
    this.#now = options.now ?? (() => performance.now());
  }

  setIdle(idle: boolean): void {
    if (idle === this.#idle) return;
    this.#idle = idle;
    if (!this.#held) this.#restart();
  }

  setHeld(held: boolean): void {
    if (held === this.#held) return;
    this.#held = held;
    this.#restart();
  }

  stop(): void {
    this.#stopped = true;
    this.#restart();
  }

  #restart(): void {
    this.#round++;
    clearTimeout(this.#timer);
    if (this.#stopped) return;
    if (this.#held) this.#later(this.#options.intervalMs, () => this.#check(this.#round));
    else if (this.#idle) void this.#check(this.#round);
  }

  async #check(round: number): Promise<void> {
    await this.#askUntil(round, this.#now() + this.#options.timeoutMs);
  }

  async #askUntil(round: number, deadline: number): Promise<void> {
    const answer = await this.#options.ask(Math.max(1, deadline - this.#now()));
    if (round !== this.#round) return;
    if (isAlive(answer)) {
      this.#later(this.#options.intervalMs, () => this.#check(round));
    } else if ('none' in answer && answer.none === 'no-flow' && this.#now() + RETRY_MS < deadline) {
      this.#later(RETRY_MS, () => this.#askUntil(round, deadline));
    } else {
      this.#options.onDead();
    }
  }

  #later(delayMs: number, task: () => Promise<void>): void {
    this.#timer = setTimeout(() => void task(), delayMs);
  }
}

/** 408 and 481 end a dialog (RFC 5057 section 5.1); a lost link says nothing about the far end. */
function isAlive(answer: Answer): boolean {
  if ('none' in answer) return answer.none === 'link-lost';
  return answer.status !== 408 && answer.status !== 481;
}

import type { Clock, Timer } from '../clock.js';
import { T1_MS, T2_MS, TIMEOUT_MS } from '../transaction/timers.js';

/** Repeats a 2xx to INVITE until its ACK comes, on every transport (RFC 3261 section 13.3.1.4). */
export class AnswerRepeater {
  /** The INVITE's CSeq number, which the ACK must name. */
  readonly cseq: number;
  /** What the ACK is passed on as. */
  readonly txnId: string;
  #repeat: Timer | undefined;
  readonly #deadline: Timer;

  constructor(invite: { cseq: number; txnId: string }, deps: { clock: Clock; send: () => void; expired: () => void }) {
    this.cseq = invite.cseq;
    this.txnId = invite.txnId;
    this.#deadline = deps.clock.after(TIMEOUT_MS, () => {
      this.stop();
      deps.expired();
    });
    this.#wait(T1_MS, deps);
  }

  stop(): void {
    this.#repeat?.cancel();
    this.#deadline.cancel();
  }

  #wait(delayMs: number, deps: { clock: Clock; send: () => void }): void {
    this.#repeat = deps.clock.after(delayMs, () => {
      deps.send();
      this.#wait(Math.min(delayMs * 2, T2_MS), deps);
    });
  }
}

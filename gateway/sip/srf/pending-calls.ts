export type CallFailureCause = 'timeout' | 'refused' | 'no-dialog' | 'link-lost';

/** Why a call to the stack came to nothing. */
export class CallFailure extends Error {
  readonly why: CallFailureCause;

  constructor(why: CallFailureCause, message: string, cause?: unknown) {
    super(message, cause === undefined ? undefined : { cause });
    this.name = 'CallFailure';
    this.why = why;
  }
}

/** Calls that would never settle by themselves: each has a deadline, and all fail when the link is lost. */
export class PendingCalls {
  readonly #aborts = new Set<(failure: CallFailure) => void>();

  get size(): number {
    return this.#aborts.size;
  }

  /** Starts a call that reports through callbacks. What it reports after it failed is given to `late`. */
  run<T>(
    deadlineMs: number,
    start: (resolve: (value: T) => void, reject: (error: unknown) => void) => void,
    late?: (value: T) => void,
  ): Promise<T> {
    return new Promise<T>((resolve, reject) => {
      let settled = false;
      const settle = () => {
        settled = true;
        clearTimeout(timer);
        this.#aborts.delete(abort);
      };
      const abort = (failure: CallFailure) => {
        if (settled) return;
        settle();
        reject(failure);
      };
      const timer = setTimeout(() => abort(new CallFailure('timeout', `no answer in ${deadlineMs} ms`)), deadlineMs);
      this.#aborts.add(abort);
      const succeed = (value: T) => {
        if (settled) {
          late?.(value);
          return;
        }
        settle();
        resolve(value);
      };
      try {
        start(succeed, (error) => abort(toFailure(error)));
      } catch (error) {
        abort(toFailure(error));
      }
    });
  }

  failAll(message: string): void {
    for (const abort of [...this.#aborts]) abort(new CallFailure('link-lost', message));
  }
}

/** drachtio-srf rejects with errors, with plain strings and with assertion errors. */
function toFailure(error: unknown): CallFailure {
  if (error instanceof CallFailure) return error;
  const message = error instanceof Error ? error.message : String(error);
  const code = error instanceof Error && 'code' in error ? error.code : undefined;
  if (code === 'ENODIALOG') return new CallFailure('no-dialog', message, error);
  return new CallFailure(code === 'ESOCKETDESTROYED' ? 'link-lost' : 'refused', message, error);
}

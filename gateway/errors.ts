/** What went wrong, in the domain's words; every edge maps every kind to its own answer. */
export type ErrorKind =
  | 'invalid'
  | 'unauthenticated'
  | 'forbidden'
  | 'not-found'
  | 'conflict'
  | 'too-large'
  | 'too-many'
  | 'full'
  | 'not-acceptable'
  | 'timeout'
  | 'unavailable'
  | 'internal';

export interface ErrorOptions {
  /** A stable word for machines, such as `room-not-found`; the kind when left out. */
  code?: string;
  /** What a client may need to mend its request. Never a secret. */
  details?: unknown;
  /** For `too-many` and `unavailable`: when to try again. */
  retryAfterSeconds?: number;
  cause?: unknown;
}

/** An error whose message may be shown to whoever asked. */
export class RoomlineError extends Error {
  readonly kind: ErrorKind;
  readonly code: string;
  readonly details: unknown;
  readonly retryAfterSeconds: number | undefined;

  constructor(kind: ErrorKind, message: string, options: ErrorOptions = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.name = 'RoomlineError';
    this.kind = kind;
    this.code = options.code ?? kind;
    this.details = options.details;
    this.retryAfterSeconds = options.retryAfterSeconds;
  }
}

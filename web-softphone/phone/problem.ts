/** What can go wrong for the user; the view has words for each. */
export type ProblemCode =
  | 'wrong-password'
  | 'too-many-tries'
  | 'session-expired'
  | 'unreachable'
  | 'server-error'
  | 'microphone-refused'
  | 'microphone-absent'
  | 'microphone-in-use'
  | 'microphone-failed'
  | 'insecure-origin'
  | 'not-allowed'
  | 'wrong-pin'
  | 'unknown-people'
  | 'no-trunk'
  | 'barred'
  | 'call-limit'
  | 'lines-busy'
  | 'no-desk-phone'
  | 'desk-phone-silent'
  | 'room-locked'
  | 'numbers-exhausted'
  | 'no-such-room'
  | 'bad-link'
  | 'room-full'
  | 'not-acceptable'
  | 'unavailable'
  | 'no-answer'
  | 'call-refused'
  | 'connection-lost'
  | 'sound-lost'
  | 'removed'
  | 'room-closed'
  | 'room-over'
  | 'ended-by-room'
  | 'action-failed';

export interface Problem {
  readonly code: ProblemCode;
  /** What a server said about it, in its words. */
  readonly detail?: string;
  readonly retryAfterSeconds?: number;
}

/** An error the user is told about in the view's words. */
export class ProblemError extends Error {
  readonly problem: Problem;

  constructor(problem: Problem, cause?: unknown) {
    super(problem.detail ?? problem.code, cause === undefined ? undefined : { cause });
    this.name = 'ProblemError';
    this.problem = problem;
  }
}

/** What happened, for anything thrown; `otherwise` where it says nothing of itself. */
export function problemOf(error: unknown, otherwise: ProblemCode): Problem {
  return error instanceof ProblemError ? error.problem : { code: otherwise };
}

/** Why an INVITE was refused, by its final response (RFC 3261 section 21). */
export function problemOfSipStatus(status: number, retryAfterSeconds?: number): Problem {
  return { code: codeOfSipStatus(status), ...(retryAfterSeconds === undefined ? {} : { retryAfterSeconds }) };
}

function codeOfSipStatus(status: number): ProblemCode {
  switch (status) {
    case 401:
    case 403:
    case 407:
      return 'not-allowed';
    case 404:
    case 410:
    case 484:
      return 'no-such-room';
    case 408:
    case 480:
    case 504:
      return 'no-answer';
    case 486:
    case 600:
      return 'room-full';
    case 415:
    case 488:
    case 606:
      return 'not-acceptable';
    case 500:
    case 502:
    case 503:
      return 'unavailable';
    default:
      return 'call-refused';
  }
}

/** Why there is no microphone, by the name of what getUserMedia threw (Media Capture and Streams, 10.2). */
export function problemOfMicrophoneError(name: string): Problem {
  switch (name) {
    case 'NotAllowedError':
    case 'SecurityError':
      return { code: 'microphone-refused' };
    case 'NotFoundError':
    case 'OverconstrainedError':
      return { code: 'microphone-absent' };
    case 'NotReadableError':
    case 'AbortError':
      return { code: 'microphone-in-use' };
    default:
      return { code: 'microphone-failed' };
  }
}

/** What a server's error says beside its status. */
export interface ErrorAnswer {
  /** The error's code, for programs. */
  readonly reason?: string | undefined;
  /** The error in the server's words. */
  readonly detail?: string | undefined;
  readonly retryAfterSeconds?: number | undefined;
}

/** What an HTTP answer means while something is asked for; logging in has its own meaning of 401. */
export function problemOfHttpStatus(status: number, answer: ErrorAnswer = {}): Problem {
  const { reason, detail, retryAfterSeconds } = answer;
  return {
    code: REASONS[reason ?? ''] ?? codeOfHttpStatus(status),
    ...(detail === undefined ? {} : { detail }),
    ...(retryAfterSeconds === undefined ? {} : { retryAfterSeconds }),
  };
}

/** The errors that mean something else to the user than others of their status. */
const REASONS: Readonly<Record<string, ProblemCode>> = {
  'wrong-pin': 'wrong-pin',
  'invitee-not-found': 'unknown-people',
  'numbers-exhausted': 'numbers-exhausted',
  'no-trunk': 'no-trunk',
  barred: 'barred',
  'user-limit': 'call-limit',
  'hour-limit': 'call-limit',
  'at-once': 'lines-busy',
  'no-desk-phone': 'no-desk-phone',
  locked: 'room-locked',
  'room-locked': 'room-locked',
  'not-a-moderator': 'action-failed',
  'not-yours-to-invite': 'action-failed',
  'participant-not-found': 'action-failed',
  'invitation-not-found': 'action-failed',
};

function codeOfHttpStatus(status: number): ProblemCode {
  switch (status) {
    case 0:
      return 'unreachable';
    case 401:
      return 'session-expired';
    case 403:
      return 'not-allowed';
    case 404:
      return 'no-such-room';
    case 429:
      return 'too-many-tries';
    case 503:
      return 'unavailable';
    default:
      return status >= 500 ? 'server-error' : 'action-failed';
  }
}

/** Why the room let go of a participant, by the cause its event stream gave. */
export function problemOfLeaveCause(cause: string): Problem {
  switch (cause) {
    case 'removed':
      return { code: 'removed' };
    case 'shutdown':
      return { code: 'room-closed' };
    case 'unreachable':
      return { code: 'connection-lost' };
    case 'media-lost':
      return { code: 'sound-lost' };
    default:
      return { code: 'ended-by-room' };
  }
}

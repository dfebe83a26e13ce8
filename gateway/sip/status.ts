import { type ErrorKind, RoomlineError } from '../errors.js';
import type { Reply } from './sip-server.js';

/** What each kind of error is in SIP (RFC 3261 section 21). */
export const SIP_STATUS: Record<ErrorKind, number> = {
  invalid: 400,
  unauthenticated: 403,
  forbidden: 403,
  'not-found': 404,
  conflict: 491,
  'too-large': 413,
  'too-many': 503,
  full: 486,
  'not-acceptable': 488,
  timeout: 504,
  unavailable: 503,
  internal: 500,
};

const DEFAULT_RETRY_AFTER_SECONDS = 5;

/** The reply for an error; what is not a RoomlineError says nothing of itself. */
export function replyTo(error: unknown): Reply {
  const kind = error instanceof RoomlineError ? error.kind : 'internal';
  const status = SIP_STATUS[kind];
  if (status !== 503) return { status };
  const seconds = error instanceof RoomlineError ? error.retryAfterSeconds : undefined;
  return { status, headers: { 'Retry-After': String(seconds ?? DEFAULT_RETRY_AFTER_SECONDS) } };
}

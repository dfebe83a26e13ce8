import { parseParams, splitList } from './address.js';
import type { Headers, IncomingRequest, Reply } from './sip-server.js';

/** Longer than any call needs, and well within what a timer can count. */
const MAX_SESSION_SECONDS = 86_400;

/**
 * Answers a request that asks for a session timer (RFC 4028 section 9): with headers for the 200, none when it does
 * not ask, or with a 422. The refreshing and the expiry are the stack's: it goes by the 200.
 */
export function answerSessionTimer(
  request: IncomingRequest,
  minSessionSeconds: number,
): { headers: Headers } | { refusal: Reply } {
  const value = request.header('session-expires') ?? request.header('x');
  const asked = /^(\d{1,10})\s*(;.*)?$/.exec(value?.trim() ?? '');
  if (asked === null) return { headers: {} };
  const supported = splitList(`${request.header('supported') ?? ''},${request.header('require') ?? ''}`).includes(
    'timer',
  );
  const seconds = Number(asked[1]);
  if (seconds < minSessionSeconds && supported) {
    return { refusal: { status: 422, headers: { 'Min-SE': String(minSessionSeconds) } } };
  }
  const minSe = Number(/^\d{1,10}/.exec(request.header('min-se') ?? '')?.[0] ?? 0);
  const interval = Math.min(Math.max(seconds, minSessionSeconds, minSe), MAX_SESSION_SECONDS);
  const refresher =
    !supported ||
    parseParams(asked[2] ?? '')
      .get('refresher')
      ?.toLowerCase() === 'uas'
      ? 'uas'
      : 'uac';
  const headers: Headers = { 'Session-Expires': `${interval};refresher=${refresher}` };
  // Whoever shall refresh must know that it has to (RFC 4028 section 9).
  if (refresher === 'uac') headers.Require = 'timer';
  return { headers };
}

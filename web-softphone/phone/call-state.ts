/**
 * idle -> requesting -> connecting -> ringing -> in-room <-> reconnecting -> ended
 *     (connecting and ringing fall back to connecting when the connection goes before there is an answer;
 *      every state may go straight to ended; the first problem wins)
 */
export type CallState = 'idle' | 'requesting' | 'connecting' | 'ringing' | 'in-room' | 'reconnecting' | 'ended';

export const NEXT_CALL_STATES: Readonly<Record<CallState, readonly CallState[]>> = {
  idle: ['requesting', 'ended'],
  requesting: ['connecting', 'ended'],
  connecting: ['ringing', 'ended'],
  ringing: ['connecting', 'in-room', 'ended'],
  'in-room': ['reconnecting', 'ended'],
  reconnecting: ['in-room', 'ended'],
  ended: [],
};

/** How long a call may look for its way back, or into the room at first, in milliseconds. */
export const RECONNECT_LIMIT_MS = 60_000;

/** The states with such a limit: each has its own, from the moment it is entered. */
export const LIMITED_STATES: readonly CallState[] = ['connecting', 'ringing', 'reconnecting'];

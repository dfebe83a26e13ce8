/** How long and how much a peer may take; milliseconds, bytes and counts. */
export const LIMITS = {
  /** A stream peer that has begun a message must finish it in this time. */
  halfMessageMs: 20_000,
  /** A TCP peer that has not sent one whole message by then is closed. */
  firstMessageMs: 30_000,
  /** A TCP connection without flow, dialog or traffic is closed after this. */
  idleMs: 15 * 60_000,
  connectMs: 10_000,
  /** What a peer gets to take the last messages when the engine closes. */
  leaveMs: 500,
  /** What may wait for a peer that does not read. */
  unsentBytes: 1_048_576,
  tcpConnections: 4096,
  webSockets: 8192,
  /** A WebSocket peer that leaves a ping unanswered until the next one is gone. */
  webSocketPingMs: 20_000,
} as const;

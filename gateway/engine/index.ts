/**
 * The embedded SIP engine: speaks drachtio's admin protocol on a loopback TCP port, so that drachtio-srf works
 * with it unchanged, and SIP over UDP, TCP and WebSocket (RFC 3261, RFC 6026, RFC 7118).
 */
import type { IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';
import type { Clock } from './clock.js';
import { RunningEngine } from './engine.js';

export type { Clock, Timer } from './clock.js';

/** Receives what the engine has to say; pino's loggers fit. */
export interface EngineLog {
  debug(details: object, message: string): void;
  info(details: object, message: string): void;
  warn(details: object, message: string): void;
  error(details: object, message: string): void;
}

export interface EngineOptions {
  /** Address UDP and TCP listen on. */
  host: string;
  /**
   * Address written into Via and Contact; `host` when left out. WebSocket flows show it too, with the port of the
   * HTTP server they came in by.
   */
  advertise?: string;
  /** UDP and TCP port; 0 takes one that is free for both. */
  port: number;
  /** What `authenticate` must present; no other frame is taken before it. */
  secret: string;
  /** Admin port on 127.0.0.1; 0 (the default) takes a free one. */
  adminPort?: number;
  log: EngineLog;
  /** For tests: where the time of all timers comes from. */
  clock?: Clock;
}

/** What the engine holds right now. */
export interface EngineCounts {
  readonly transactions: number;
  readonly dialogs: number;
  /** Contacts bound to a connection. */
  readonly flows: number;
  /** TCP and WebSocket. */
  readonly connections: number;
  /** Applications on the admin port. */
  readonly apps: number;
}

export interface Engine {
  readonly adminPort: number;
  readonly sipPort: number;
  /** Takes over an HTTP upgrade as a SIP WebSocket (subprotocol `sip`); the caller has checked path and Origin. */
  handleUpgrade(request: IncomingMessage, socket: Duplex, head: Buffer): void;
  counts(): EngineCounts;
  /** Ends every dialog with a BYE, then closes every socket and timer. */
  close(): Promise<void>;
}

/** @throws Error of node:net or node:dgram when a port cannot be had. */
export function startEngine(options: EngineOptions): Promise<Engine> {
  return RunningEngine.start(options);
}

/**
 * The embedded SIP engine: speaks drachtio's admin protocol on a loopback TCP port, so that drachtio-srf works
 * with it unchanged, and SIP over UDP, TCP and WebSocket (RFC 3261, RFC 6026, RFC 7118).
 */
import type { IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';

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
  /** Address written into Via and Contact; `host` when left out. */
  advertise?: string;
  /** UDP and TCP port; 0 takes one that is free for both. */
  port: number;
  /** What `authenticate` must present; no other frame is taken before it. */
  secret: string;
  /** Admin port on 127.0.0.1; 0 (the default) takes a free one. */
  adminPort?: number;
  /** The URL browsers use, for the Via and Contact of WebSocket flows: host and port of the HTTP server. */
  log: EngineLog;
}

export interface Engine {
  readonly adminPort: number;
  readonly sipPort: number;
  /** Takes over an HTTP upgrade as a SIP WebSocket (subprotocol `sip`); the caller has checked path and Origin. */
  handleUpgrade(request: IncomingMessage, socket: Duplex, head: Buffer): void;
  /** Closes every socket and timer. */
  close(): Promise<void>;
}

export declare function startEngine(options: EngineOptions): Promise<Engine>;

/** What Roomline uses of drachtio-srf; the package's own types lack most of it or have it wrong. */
declare module 'drachtio-srf' {
  import type { EventEmitter } from 'node:events';
  import type { Socket } from 'node:net';

  interface SrfMessage {
    /** Header lines by lower-case name (`X-...` as sent); a header sent twice is joined by a comma. */
    headers: Record<string, string>;
    body: string | undefined;
    raw: string;
    get(name: string): string | undefined;
    has(name: string): boolean;
  }

  interface SrfRequest extends SrfMessage, EventEmitter {
    method: string;
    uri: string;
    /** `application` for what the server made by itself. */
    source: 'network' | 'application';
    source_address: string;
    source_port: number;
    /** Empty for ACK; `tcp` for WebSocket too. */
    protocol: string;
    socket: Socket;
    on(event: 'cancel', listener: () => void): this;
    on(event: 'response', listener: (response: SrfResponse) => void): this;
    /** For a request of ours that has no final response. */
    cancel(options: { headers?: Record<string, string> }, callback: (error: unknown) => void): void;
  }

  interface SrfResponse extends SrfMessage, EventEmitter {
    msg: SrfMessage;
    /** What it answers. */
    req: SrfRequest;
    status: number;
    reason: string;
    /** Empty where the server made the response by itself. */
    source_address: string;
    finalResponseSent: boolean;
    send(
      status: number,
      reason: string | undefined,
      options: { headers?: Record<string, string>; body?: string },
      callback: (error: unknown, sent?: SrfMessage) => void,
    ): void;
  }

  interface SrfDialog extends EventEmitter {
    id: string;
    connected: boolean;
    sip: { callId: string; localTag: string; remoteTag: string };
    local: { uri: string; sdp: string; contact: string };
    remote: { uri: string; sdp: string | undefined };
    on(event: 'destroy', listener: (request: SrfRequest, reason?: string) => void): this;
    on(event: 'ack', listener: (request: SrfRequest) => void): this;
    on(event: string, listener: (request: SrfRequest, response: SrfResponse) => void): this;
    destroy(options: { headers?: Record<string, string> }, callback: (error: unknown) => void): void;
    request(
      options: { method: string; headers?: Record<string, string>; body?: string },
      callback: (error: unknown, response?: SrfResponse) => void,
    ): void;
  }

  /** The state kept for one admin socket. */
  interface SrfServerState {
    authenticated: boolean;
    pendingRequests: Map<string, (tokens: string[]) => void>;
    pendingNetworkInvites: Map<string, unknown>;
  }

  interface SrfWireProtocol {
    closing?: boolean;
    reconnectVars?: { retryTimer: NodeJS.Timeout | null };
    send(socket: Socket, frame: string): string;
  }

  interface SrfAgent {
    mapServer: Map<Socket, SrfServerState>;
    wp: SrfWireProtocol;
  }

  type SrfHandler = (request: SrfRequest, response: SrfResponse, next: () => void) => void;

  export default class Srf {
    readonly app: { client?: SrfAgent };
    connect(options: { host: string; port: number; secret: string; reconnect: { retryMaxDelay: number } }): void;
    on(event: 'connect', listener: (error: Error | null, hostports?: string) => void): this;
    on(event: 'error' | 'close' | 'reconnecting', listener: (detail?: unknown) => void): this;
    invite(handler: SrfHandler): void;
    register(handler: SrfHandler): void;
    options(handler: SrfHandler): void;
    info(handler: SrfHandler): void;
    message(handler: SrfHandler): void;
    notify(handler: SrfHandler): void;
    subscribe(handler: SrfHandler): void;
    publish(handler: SrfHandler): void;
    createUAS(
      request: SrfRequest,
      response: SrfResponse,
      options: { headers: Record<string, string>; localSdp: string },
      callback: (error: unknown, dialog?: SrfDialog) => void,
    ): void;
    createUAC(
      uri: string,
      options: { headers: Record<string, string>; localSdp: string; proxy?: string },
      progress: {
        cbRequest: (error: unknown, request?: SrfRequest) => void;
        cbProvisional: (response: { status: number }) => void;
      },
      callback: (error: unknown, dialog?: SrfDialog) => void,
    ): void;
    request(
      uri: string,
      options: { method: string; headers: Record<string, string>; proxy?: string; body?: string },
      callback: (error: unknown, request?: SrfRequest) => void,
    ): void;
    removeDialog(dialog: SrfDialog): void;
  }
}

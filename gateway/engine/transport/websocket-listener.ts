import type { IncomingMessage } from 'node:http';
import type { Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { WebSocketServer } from 'ws';
import type { Clock } from '../clock.js';
import { MAX_MESSAGE_BYTES } from '../message/parse.js';
import type { Connection } from './connection.js';
import { LIMITS } from './limits.js';
import type { Receive } from './tcp.js';
import { WebSocketConnection } from './websocket.js';

/** Turns HTTP upgrades into SIP WebSockets; the HTTP server belongs to others. */
export class WebSocketListener {
  readonly #host: string;
  readonly #deps: { readonly clock: Clock; readonly receive: Receive; readonly opened: (made: Connection) => void };
  readonly #server = new WebSocketServer({
    noServer: true,
    clientTracking: false,
    maxPayload: MAX_MESSAGE_BYTES,
    perMessageDeflate: false,
    handleProtocols: () => 'sip',
  });
  #count = 0;
  #closed = false;

  constructor(deps: { host: string; clock: Clock; receive: Receive; opened: (made: Connection) => void }) {
    this.#host = deps.host;
    this.#deps = deps;
  }

  handleUpgrade(request: IncomingMessage, socket: Duplex, head: Buffer): void {
    if (this.#closed || this.#count >= LIMITS.webSockets) {
      refuse(socket, '503 Service Unavailable');
      return;
    }
    // RFC 7118 section 4.2: both sides must name the subprotocol.
    const offered = (request.headers['sec-websocket-protocol'] ?? '').split(',').map((name) => name.trim());
    if (!offered.includes('sip')) {
      refuse(socket, '400 Bad Request');
      return;
    }
    const wire = request.socket as Socket & { encrypted?: boolean };
    const peer = {
      address: (wire.remoteAddress ?? '').replace(/^::ffff:/, ''),
      port: wire.remotePort ?? 0,
      secure: wire.encrypted === true,
    };
    const local = { host: this.#host, port: wire.localPort ?? 0 };
    this.#server.handleUpgrade(request, socket, head, (webSocket) => {
      const connection = new WebSocketConnection(webSocket, peer, { ...this.#deps, local });
      if (this.#closed) return connection.close();
      this.#count += 1;
      connection.watch(() => {
        this.#count -= 1;
      });
      this.#deps.opened(connection);
    });
  }

  close(): void {
    this.#closed = true;
    this.#server.close();
  }
}

function refuse(socket: Duplex, status: string): void {
  socket.on('error', () => undefined);
  socket.end(`HTTP/1.1 ${status}\r\nConnection: close\r\nContent-Length: 0\r\n\r\n`);
}

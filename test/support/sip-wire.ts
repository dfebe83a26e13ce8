import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { connect } from 'node:net';
import { SipMessage, SipStreamReader } from './sip-message.js';

export interface SipServerAddress {
  readonly host: string;
  readonly port: number;
}

/** What a phone's messages travel on. Sends bytes as they are; reads whole messages. */
export interface SipWire {
  readonly transport: 'UDP' | 'TCP';
  readonly host: string;
  readonly port: number;
  send(text: string): void;
  /** Closes without a word to the far end. */
  close(): Promise<void>;
}

export type SipWireListener = (message: SipMessage) => void;

export async function openUdpWire(
  server: SipServerAddress,
  onMessage: SipWireListener,
  host = '127.0.0.1',
): Promise<SipWire> {
  const socket = createSocket('udp4');
  socket.on('message', (bytes) => {
    const text = bytes.toString('utf8');
    if (text.trim() !== '') onMessage(SipMessage.parse(text));
  });
  // A phone whose server is gone hears of it by silence, not by an exception.
  socket.on('error', () => {});
  socket.bind(0, host);
  await once(socket, 'listening');
  return {
    transport: 'UDP',
    host,
    port: socket.address().port,
    send: (text) => socket.send(text, server.port, server.host),
    close: () => new Promise((resolve) => socket.close(() => resolve())),
  };
}

export async function openTcpWire(server: SipServerAddress, onMessage: SipWireListener): Promise<SipWire> {
  const socket = connect({ host: server.host, port: server.port, noDelay: true });
  await once(socket, 'connect');
  const reader = new SipStreamReader();
  socket.on('data', (chunk) => {
    for (const message of reader.push(chunk)) onMessage(message);
  });
  socket.on('error', () => {});
  return {
    transport: 'TCP',
    host: socket.localAddress ?? '127.0.0.1',
    port: socket.localPort ?? 0,
    send: (text) => void socket.write(text),
    close: () =>
      new Promise((resolve) => {
        if (socket.destroyed) resolve();
        else socket.once('close', () => resolve()).destroy();
      }),
  };
}

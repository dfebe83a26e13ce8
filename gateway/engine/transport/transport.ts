import { createSocket, type Socket as UdpSocket } from 'node:dgram';
import type { IncomingMessage } from 'node:http';
import { connect, createServer, isIPv6, type Server, type Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import type { Clock } from '../clock.js';
import { parseDatagram } from '../message/parse.js';
import type { Connection, Hop, LocalAddress, Protocol } from './connection.js';
import { LIMITS } from './limits.js';
import { type Receive, TcpConnection } from './tcp.js';
import { WebSocketListener } from './websocket-listener.js';

export interface TransportOptions {
  readonly host: string;
  readonly advertise: string;
  readonly port: number;
  readonly clock: Clock;
  readonly receive: Receive;
  /** Told what a peer or the system did wrong, for the log. */
  readonly trouble: (what: string, details: object) => void;
}

/** All sockets of the engine but the admin port: one UDP, one TCP listener on the same port, and every connection. */
export class Transport {
  readonly local: LocalAddress;
  readonly #options: TransportOptions;
  readonly #udp: UdpSocket;
  readonly #tcp: Server;
  readonly #webSockets: WebSocketListener;
  readonly #connections = new Map<string, Connection>();
  #unsentDatagrams = 0;
  #drained: (() => void) | undefined;
  #closed = false;

  private constructor(options: TransportOptions, udp: UdpSocket, tcp: Server) {
    this.#options = options;
    this.#udp = udp;
    this.#tcp = tcp;
    this.local = { host: options.advertise, port: udp.address().port };
    this.#webSockets = new WebSocketListener({
      ...options,
      host: options.advertise,
      opened: (connection) => this.#keep(connection),
    });
    udp.on('message', (bytes, { address, port }) => this.#datagram(bytes, address, port));
    udp.on('error', (error) => options.trouble('UDP socket error', { error }));
    tcp.maxConnections = LIMITS.tcpConnections;
    tcp.on('connection', (socket) => this.#accept(socket));
    tcp.on('error', (error) => options.trouble('TCP listener error', { error }));
  }

  /** Binds UDP and TCP; for port 0 it looks for one that both can have. */
  static async open(options: TransportOptions): Promise<Transport> {
    const tries = options.port === 0 ? 20 : 1;
    for (let attempt = 1; ; attempt++) {
      const udp = await bindUdp(options.host, options.port);
      try {
        return new Transport(options, udp, await listenTcp(options.host, udp.address().port));
      } catch (error) {
        await new Promise<void>((done) => udp.close(done));
        if (attempt >= tries) throw error;
      }
    }
  }

  get connectionCount(): number {
    return this.#connections.size;
  }

  /** What Via and Contact show towards this hop. */
  localFor(hop: Hop): LocalAddress {
    return hop.connection?.local ?? this.local;
  }

  get closed(): boolean {
    return this.#closed;
  }

  isLocal(address: string, port: number): boolean {
    if (port !== this.local.port) return false;
    const { host, advertise } = this.#options;
    const everywhere = host === '0.0.0.0' || host === '::';
    return address === advertise || address === host || (everywhere && /^(127\.|::1$)/.test(address));
  }

  /** The open connection to exactly this remote address, if there is one. */
  find(protocol: Protocol, address: string, port: number): Connection | undefined {
    return this.#connections.get(connectionKey(protocol, address, port));
  }

  /** The TCP connection to an address, opened if need be; what is sent before it stands waits. */
  connect(address: string, port: number): Connection {
    const present = this.find('TCP', address, port);
    if (present !== undefined) return present;
    const socket = connect({ host: address, port });
    const connection = new TcpConnection(
      socket,
      { address, port, connected: false },
      { ...this.#options, local: this.local },
    );
    this.#keep(connection);
    return connection;
  }

  /** Sends a whole message; `failed` is called later if it is known not to have left. */
  send(hop: Hop, bytes: Buffer, failed: () => void): void {
    if (hop.connection !== undefined) {
      if (!hop.connection.send(bytes)) queueMicrotask(failed);
      return;
    }
    if (this.#closed) {
      queueMicrotask(failed);
      return;
    }
    this.#unsentDatagrams += 1;
    this.#udp.send(bytes, hop.port, hop.address, (error) => {
      this.#unsentDatagrams -= 1;
      if (this.#unsentDatagrams === 0) this.#drained?.();
      if (error === null) return;
      this.#options.trouble('cannot send a datagram', { error, address: hop.address, port: hop.port });
      failed();
    });
  }

  handleUpgrade(request: IncomingMessage, socket: Duplex, head: Buffer): void {
    this.#webSockets.handleUpgrade(request, socket, head);
  }

  /** Closes everything, after what has been handed over is sent. */
  async close(): Promise<void> {
    this.#closed = true;
    this.#webSockets.close();
    await Promise.all([...this.#connections.values()].map((connection) => connection.leave()));
    if (this.#unsentDatagrams > 0) {
      await new Promise<void>((done) => {
        this.#drained = done;
      });
    }
    await Promise.all([
      new Promise<void>((done) => this.#tcp.close(() => done())),
      new Promise<void>((done) => this.#udp.close(() => done())),
    ]);
  }

  #datagram(bytes: Buffer, address: string, port: number): void {
    // Keep-alives of all sorts: line ends, NULs, and STUN, whose first byte is 0 or 1 (RFC 5389 section 6).
    const first = bytes[0] ?? 0;
    if (first < 10 || (bytes.length <= 8 && bytes.toString('latin1').trim() === '')) return;
    this.#options.receive(parseDatagram(bytes), { protocol: 'UDP', address, port, connection: undefined });
  }

  #accept(socket: Socket): void {
    const { remoteAddress, remotePort } = socket;
    if (remoteAddress === undefined || remotePort === undefined) return void socket.destroy();
    const peer = { address: remoteAddress.replace(/^::ffff:/, ''), port: remotePort, connected: true };
    this.#keep(new TcpConnection(socket, peer, { ...this.#options, local: this.local }));
  }

  #keep(connection: Connection): void {
    const key = connectionKey(connection.protocol, connection.address, connection.port);
    this.#connections.set(key, connection);
    connection.watcherFailed = (error) => this.#options.trouble('handling a lost connection failed', { err: error });
    connection.watch(() => {
      if (this.#connections.get(key) === connection) this.#connections.delete(key);
    });
  }
}

/** WS and WSS are one kind here: which of them a peer uses is not known from its address. */
function connectionKey(protocol: Protocol, address: string, port: number): string {
  return `${protocol === 'WSS' ? 'WS' : protocol}/${address}/${port}`;
}

function bindUdp(host: string, port: number): Promise<UdpSocket> {
  const family = isIPv6(host) ? 6 : 4;
  const socket = createSocket({
    type: family === 6 ? 'udp6' : 'udp4',
    recvBufferSize: 1_048_576,
    // Only addresses are sent to, and looking one up would put off every send.
    lookup: (address, _options, found) => found(null, address, family),
  });
  return new Promise((resolve, reject) => {
    socket.once('error', reject);
    socket.bind(port, host, () => {
      socket.off('error', reject);
      resolve(socket);
    });
  });
}

function listenTcp(host: string, port: number): Promise<Server> {
  const server = createServer();
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, host, () => {
      server.off('error', reject);
      resolve(server);
    });
  });
}

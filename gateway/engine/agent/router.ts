import { lookup } from 'node:dns';
import { isIP, isIPv6 } from 'node:net';
import type { Clock } from '../clock.js';
import { type Dialog, goesToPeer } from '../dialog/dialog.js';
import type { Flows } from '../flows.js';
import { parseNameAddr } from '../message/name-addr.js';
import { parseSipUri, type SipUri, uriScheme, uriTransport } from '../message/uri.js';
import { type Connection, type Hop, hopOf, type Protocol } from '../transport/connection.js';
import type { Transport } from '../transport/transport.js';

/** Where a request goes; or what it is answered in the network's stead; or why the app may not send it at all. */
export type Route =
  | { readonly kind: 'hop'; readonly hop: Hop }
  | { readonly kind: 'failed'; readonly status: number; readonly reason: string }
  | { readonly kind: 'refused'; readonly text: string };

/** Called at once unless a name has to be looked up. */
type Found = (route: Route) => void;

const DNS_ERROR: Route = { kind: 'failed', status: 503, reason: 'DNS Error' };
const GONE: Route = { kind: 'failed', status: 410, reason: 'Gone' };
const NO_TRANSPORT: Route = { kind: 'refused', text: 'requested protocol/transport not available' };
const NAME_TTL_MS = 30_000;
const MAX_NAMES = 512;

export type Lookup = (host: string, family: 4 | 6, found: (address: string | undefined) => void) => void;

export const systemLookup: Lookup = (host, family, found) =>
  lookup(host, { family }, (error, address) => found(error === null ? address : undefined));

/** Finds the next hop of requests: flows first, then the URI. */
export class Router {
  readonly #transport: Transport;
  readonly #flows: Flows;
  readonly #clock: Clock;
  readonly #lookup: Lookup;
  readonly #names = new Map<string, { address: string; until: number }>();

  constructor(deps: { transport: Transport; flows: Flows; clock: Clock; lookup: Lookup }) {
    this.#transport = deps.transport;
    this.#flows = deps.flows;
    this.#clock = deps.clock;
    this.#lookup = deps.lookup;
  }

  /** For a request outside of dialogs; `routeUrl` is the next hop the app chose. */
  forRequest(requestUri: string, routeUrl: string | undefined, found: Found): void {
    const target = parseSipUri(requestUri);
    const next = routeUrl === undefined ? target : parseSipUri(routeUrl);
    if (target === undefined && uriScheme(requestUri).startsWith('sip')) {
      found({ kind: 'refused', text: `invalid request-uri: ${requestUri}` });
      return;
    }
    if (next === undefined) {
      found({ kind: 'refused', text: `invalid request-uri: ${routeUrl ?? requestUri}` });
      return;
    }
    if (routeUrl === undefined) this.#byUri(next, undefined, found);
    else this.#byRouteUrl(next, found);
  }

  forDialog(dialog: Dialog, found: Found): void {
    const target = parseSipUri(dialog.target);
    const flow = target === undefined ? undefined : this.#flows.find(target);
    if (flow?.open === true && dialog.peer.protocol !== 'UDP') {
      found({ kind: 'hop', hop: hopOf(flow) });
      return;
    }
    if (goesToPeer(dialog)) {
      found({ kind: 'hop', hop: dialog.peer });
      return;
    }
    const [first] = dialog.routeSet;
    const next = first === undefined ? target : parseSipUri(parseNameAddr(first)?.uri ?? '');
    if (next === undefined) {
      found(DNS_ERROR);
      return;
    }
    // A WebSocket peer can only be reached by the connection it made, and that is gone.
    if (dialog.peer.protocol === 'WS' || dialog.peer.protocol === 'WSS') {
      found(GONE);
      return;
    }
    this.#byUri(next, dialog.peer.protocol, found);
  }

  /** An address without transport may be that of a connection: so drachtio-srf sends its credentials back. */
  #byRouteUrl(uri: SipUri, found: Found): void {
    if (uriTransport(uri) === undefined && uri.port !== undefined) {
      const open = this.#transport.find('TCP', uri.host, uri.port) ?? this.#transport.find('WS', uri.host, uri.port);
      if (open !== undefined) {
        found({ kind: 'hop', hop: hopOf(open) });
        return;
      }
    }
    this.#byAddress(uri, undefined, found);
  }

  #byUri(uri: SipUri, habit: Protocol | undefined, found: Found): void {
    const flow = uriTransport(uri) === 'udp' ? undefined : this.#flows.find(uri);
    if (flow !== undefined) {
      found(flow.open ? { kind: 'hop', hop: hopOf(flow) } : GONE);
      return;
    }
    this.#byAddress(uri, habit, found);
  }

  #byAddress(uri: SipUri, habit: Protocol | undefined, found: Found): void {
    if (uri.scheme === 'sips') {
      found({ kind: 'failed', status: 416, reason: 'Unsupported URI Scheme' });
      return;
    }
    const protocol = uriTransport(uri) ?? habit?.toLowerCase() ?? 'udp';
    const port = uri.port ?? 5060;
    switch (protocol) {
      case 'udp':
        this.#resolve(uri.host, (address) => {
          if (address === undefined) return found(DNS_ERROR);
          this.#unlessSelf(address, port, () => ({ protocol: 'UDP', address, port, connection: undefined }), found);
        });
        return;
      case 'tcp':
        this.#resolve(uri.host, (address) => {
          if (address === undefined) return found(DNS_ERROR);
          this.#unlessSelf(address, port, () => hopOf(this.#transport.connect(address, port)), found);
        });
        return;
      case 'ws':
      case 'wss':
        found(connectionRoute(this.#transport.find('WS', uri.host, port)));
        return;
      default:
        found(NO_TRANSPORT);
    }
  }

  #unlessSelf(address: string, port: number, hop: () => Hop, found: Found): void {
    if (this.#transport.isLocal(address, port)) found({ kind: 'refused', text: 'can not send request to myself' });
    else found({ kind: 'hop', hop: hop() });
  }

  #resolve(host: string, found: (address: string | undefined) => void): void {
    if (isIP(host) !== 0) {
      found(host);
      return;
    }
    // RFC 2606: never in the DNS; what browsers put into their Contact (RFC 7118 section 5.2).
    if (host === 'invalid' || host.endsWith('.invalid')) {
      found(undefined);
      return;
    }
    const known = this.#names.get(host);
    if (known !== undefined && known.until > this.#clock.now()) {
      found(known.address);
      return;
    }
    this.#lookup(host, isIPv6(this.#transport.local.host) ? 6 : 4, (address) => {
      if (this.#transport.closed) return;
      if (this.#names.size >= MAX_NAMES) this.#names.clear();
      if (address === undefined) this.#names.delete(host);
      else this.#names.set(host, { address, until: this.#clock.now() + NAME_TTL_MS });
      found(address);
    });
  }
}

function connectionRoute(connection: Connection | undefined): Route {
  return connection === undefined ? DNS_ERROR : { kind: 'hop', hop: hopOf(connection) };
}

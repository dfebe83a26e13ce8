import { isIPv6 } from 'node:net';
import { type Parameter, parameter, parseParameters } from './parameters.js';

/** A `sip:` or `sips:` URI (RFC 3261 section 19.1). */
export interface SipUri {
  readonly scheme: 'sip' | 'sips';
  readonly user: string | undefined;
  /** In lower case; an IPv6 address without its brackets. */
  readonly host: string;
  readonly port: number | undefined;
  readonly parameters: readonly Parameter[];
}

const ABSOLUTE = /^[a-z][a-z0-9+.-]*:[^\s<>"]+$/i;
const HOST_PORT = /^(\[[0-9a-f:.]+\]|[a-z0-9_](?:[a-z0-9_.-]*[a-z0-9_.])?)(?::(\d{1,5}))?$/i;

/** Whether the text has the outer form of a URI of any scheme. */
export function isAbsoluteUri(text: string): boolean {
  return ABSOLUTE.test(text);
}

export function uriScheme(text: string): string {
  return text.slice(0, Math.max(text.indexOf(':'), 0)).toLowerCase();
}

export function parseSipUri(text: string): SipUri | undefined {
  const scheme = uriScheme(text);
  if ((scheme !== 'sip' && scheme !== 'sips') || !isAbsoluteUri(text)) return undefined;
  const rest = text.slice(scheme.length + 1);
  const at = rest.indexOf('@');
  if (at === 0 || rest.indexOf('@', at + 1) > at) return undefined;
  const address = rest.slice(at + 1).split('?', 1)[0] ?? '';
  const end = address.indexOf(';');
  const where = parseHostPort(end < 0 ? address : address.slice(0, end));
  const parameters = end < 0 ? [] : parseParameters(address, end);
  if (where === undefined || parameters === undefined) return undefined;
  const user = at < 0 ? undefined : rest.slice(0, at).split(':', 1)[0];
  return { scheme, user, ...where, parameters };
}

export function parseHostPort(text: string): { host: string; port: number | undefined } | undefined {
  const match = HOST_PORT.exec(text);
  if (match?.[1] === undefined) return undefined;
  const bracketed = match[1].startsWith('[');
  const host = (bracketed ? match[1].slice(1, -1) : match[1]).toLowerCase();
  if (bracketed && !isIPv6(host)) return undefined;
  const port = match[2] === undefined ? undefined : Number(match[2]);
  if (port !== undefined && (port < 1 || port > 65_535)) return undefined;
  return { host, port };
}

/** The host as it stands in a URI or a Via. */
export function formatHost(host: string): string {
  return host.includes(':') ? `[${host}]` : host;
}

/** The `transport` parameter in lower case, if any. */
export function uriTransport(uri: SipUri): string | undefined {
  return parameter(uri.parameters, 'transport')?.toLowerCase();
}

import { isIPv6 } from 'node:net';

/** An address as it stands in a URL or a SIP URI. */
export function bracketed(host: string): string {
  return isIPv6(host) ? `[${host}]` : host;
}

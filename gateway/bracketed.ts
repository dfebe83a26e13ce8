import { isIPv6 } from 'node:net';

/** An address as it stands in a URL. */
export function bracketed(host: string): string {
  return isIPv6(host) ? `[${host}]` : host;
}

import { BlockList, isIP } from 'node:net';

/** An address or a network, such as 192.0.2.7 or 2001:db8::/32. */
export interface Network {
  readonly address: string;
  readonly family: 'ipv4' | 'ipv6';
  readonly prefixLength: number;
}

/** Reads an address or a network; undefined for what is none. */
export function readNetwork(text: string): Network | undefined {
  const match = /^([0-9a-f.:]+)(?:\/(\d{1,3}))?$/i.exec(text);
  const version = isIP(match?.[1] ?? '');
  if (match === null || version === 0) return undefined;
  const bits = version === 4 ? 32 : 128;
  const prefixLength = Number(match[2] ?? bits);
  if (prefixLength > bits) return undefined;
  return { address: match[1] ?? '', family: version === 4 ? 'ipv4' : 'ipv6', prefixLength };
}

/** Reads `host:port`, where an IPv6 address stands in brackets; undefined for what is neither. */
export function readHostPort(text: string): { host: string; port: number } | undefined {
  const match = /^(?:\[([0-9a-fA-F:]+)\]|([^\s:]+)):(\d{1,5})$/.exec(text);
  const host = match?.[1] ?? match?.[2];
  const port = Number(match?.[3]);
  return host === undefined || port > 65_535 ? undefined : { host, port };
}

/** Says whether an address is in one of the networks; an IPv4 address may come as IPv6 writes it (::ffff:192.0.2.7). */
export function networkMatcher(networks: readonly Network[]): (address: string) => boolean {
  const list = new BlockList();
  for (const { address, family, prefixLength } of networks) list.addSubnet(address, prefixLength, family);
  return (address) => {
    // Sockets name the interface of a link-local address.
    const [plain = ''] = address.replace(/^\[|\]$/g, '').split('%', 1);
    const version = isIP(plain);
    return version !== 0 && list.check(plain, version === 4 ? 'ipv4' : 'ipv6');
  };
}

/** Whether two networks have an address in common: of two networks that do, one holds the other. */
export function overlap(left: Network, right: Network): boolean {
  return networkMatcher([left])(right.address) || networkMatcher([right])(left.address);
}

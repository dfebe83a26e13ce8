import { lookup } from 'node:dns/promises';
import { isIP, isIPv4 } from 'node:net';
import { networkInterfaces } from 'node:os';
import { RoomlineError } from '../errors.js';

const LOOPBACK = '127.0.0.1';

/**
 * The local address RTP towards phones and browsers is bound to, and the one they are told, in rtpengine's form
 * `ADDRESS` or `ADDRESS!ADVERTISED`. A wildcard host is narrowed to the advertised address where this machine has
 * it, else to its first address that is not loopback (behind NAT).
 */
export async function chooseRtpInterface(host: string, advertise: string): Promise<string> {
  const told = await addressOf(advertise);
  const local = host === '0.0.0.0' || host === '::' ? localAddressFor(told) : await addressOf(host);
  return local === told ? local : `${local}!${told}`;
}

async function addressOf(host: string): Promise<string> {
  if (isIP(host) !== 0) return host;
  if (host === 'localhost') return LOOPBACK;
  try {
    return (await lookup(host, { family: 4 })).address;
  } catch (cause) {
    throw new RoomlineError('unavailable', `${host} has no IPv4 address: set ROOMLINE_ADVERTISE to an address`, {
      cause,
    });
  }
}

function localAddressFor(told: string): string {
  const all = Object.values(networkInterfaces()).flatMap((addresses) => addresses ?? []);
  if (told.startsWith('127.') || all.some((own) => own.address === told)) return told;
  return all.find((own) => !own.internal && isIPv4(own.address))?.address ?? LOOPBACK;
}

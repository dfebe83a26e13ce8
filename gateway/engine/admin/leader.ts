import type { Hop } from '../transport/connection.js';

/** The fields that say how many bytes came from or went where: bytes, protocol, address, port, time. */
export function wayFields(bytes: number, hop: Hop | undefined): string[] {
  const [protocol, address, port] =
    hop === undefined ? ['unknown', '', '0'] : [wayProtocol(hop), hop.address, String(hop.port)];
  return [String(bytes), protocol ?? '', address ?? '', port ?? '', timeOfDay(new Date())];
}

/** drachtio calls WebSockets `tcp`. */
function wayProtocol(hop: Hop): string {
  return hop.protocol === 'UDP' ? 'udp' : 'tcp';
}

/** UTC `hh:mm:ss.uuuuuu`. */
function timeOfDay(date: Date): string {
  return `${date.toISOString().slice(11, 23)}000`;
}

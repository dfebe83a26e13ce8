import { createHash, timingSafeEqual } from 'node:crypto';
import { RoomlineError } from '../errors.js';

/**
 * The key directories and voice servers know each other by: the configured one, or one that the database holds, and
 * all on it share.
 */
export async function peerKeyOf(
  config: { readonly peer: { readonly key: string | null } },
  store: { secret(name: 'peer'): Promise<Buffer> },
): Promise<string> {
  return config.peer.key ?? (await store.secret('peer')).toString('base64url');
}

const BEARER = /^Bearer +(\S+) *$/i;

/**
 * Takes as long for a wrong key, whatever is wrong with it.
 * @throws RoomlineError `unauthenticated` for an Authorization header without the shared key.
 */
export function requireKey(authorization: string, key: string): void {
  const brought = BEARER.exec(authorization)?.[1] ?? '';
  if (timingSafeEqual(digest(brought), digest(key))) return;
  throw new RoomlineError('unauthenticated', 'the peer key is missing or wrong: set the same peer.key on both sides', {
    code: 'bad-peer-key',
  });
}

function digest(text: string): Buffer {
  return createHash('sha256').update(text).digest();
}

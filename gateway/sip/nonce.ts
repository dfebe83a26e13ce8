import { createHmac, randomBytes, timingSafeEqual } from 'node:crypto';

export type NonceUse = 'fresh' | 'stale';

export interface Nonces {
  /** A nonce for requests from one address only. */
  issue(address: string): string;
  /** Whether a nonce is ours, for this address and not too old. */
  check(nonce: string, address: string): NonceUse;
  /** Uses a nonce with a count, once. `stale` also when this count was used with it before. */
  use(nonce: string, address: string, count: number): NonceUse;
}

interface Counter {
  readonly issuedMs: number;
  highest: number;
  /** Bit n: `highest - n` was used. */
  used: number;
}

const TIME_BYTES = 6;
const SALT_BYTES = 6;
const MAC_BYTES = 15;
/** Requests sent at once may arrive in another order: so far behind the highest a count may be. */
const WINDOW = 31;

/**
 * Nonces that need no memory until they were used well: time and salt, signed. Counts (RFC 7616 section 3.4) are
 * kept only for nonces of requests that proved to know the secret, so that strangers fill no table. A nonce is bound
 * to an address, so that wrong passwords cannot be blamed on an address somebody else has.
 */
export function createNonces(options: { lifetimeMs: number; maxCounters?: number; now?: () => number }): Nonces {
  const now = options.now ?? Date.now;
  const maxCounters = options.maxCounters ?? 100_000;
  const secret = randomBytes(32);
  const counters = new Map<string, Counter>();
  /** Nonces from before this are stale: their counters had to go. */
  let floorMs = 0;
  let sweepAtMs = 0;

  function sign(head: Buffer, address: string): Buffer {
    return createHmac('sha256', secret).update(head).update(address).digest().subarray(0, MAC_BYTES);
  }

  /** When a nonce was issued; undefined when it is not ours, not for this address or too old. */
  function readTime(nonce: string, address: string): number | undefined {
    const bytes = Buffer.from(nonce, 'base64url');
    if (bytes.length !== TIME_BYTES + SALT_BYTES + MAC_BYTES || bytes.toString('base64url') !== nonce) return undefined;
    const head = bytes.subarray(0, TIME_BYTES + SALT_BYTES);
    if (!timingSafeEqual(sign(head, address), bytes.subarray(TIME_BYTES + SALT_BYTES))) return undefined;
    const issuedMs = head.readUIntBE(0, TIME_BYTES);
    return issuedMs + options.lifetimeMs > now() ? issuedMs : undefined;
  }

  function sweep(): void {
    const time = now();
    if (time >= sweepAtMs) {
      sweepAtMs = time + options.lifetimeMs;
      for (const [nonce, counter] of counters) {
        if (counter.issuedMs + options.lifetimeMs <= time) counters.delete(nonce);
      }
    }
    for (const [nonce, counter] of counters) {
      if (counters.size < maxCounters) break;
      counters.delete(nonce);
      floorMs = Math.max(floorMs, counter.issuedMs);
    }
  }

  return {
    issue(address) {
      const head = randomBytes(TIME_BYTES + SALT_BYTES);
      head.writeUIntBE(now(), 0, TIME_BYTES);
      return Buffer.concat([head, sign(head, address)]).toString('base64url');
    },
    check: (nonce, address) => (readTime(nonce, address) === undefined ? 'stale' : 'fresh'),
    use(nonce, address, count) {
      const issuedMs = readTime(nonce, address);
      if (issuedMs === undefined) return 'stale';
      const counter = counters.get(nonce);
      if (counter !== undefined) return advance(counter, count) ? 'fresh' : 'stale';
      if (issuedMs <= floorMs) return 'stale';
      sweep();
      counters.set(nonce, { issuedMs, highest: count, used: 1 });
      return 'fresh';
    },
  };
}

function advance(counter: Counter, count: number): boolean {
  const ahead = count - counter.highest;
  if (ahead > 0) {
    counter.used = ahead > WINDOW ? 1 : ((counter.used << ahead) | 1) >>> 0;
    counter.highest = count;
    return true;
  }
  const bit = -ahead;
  if (bit > WINDOW || ((counter.used >>> bit) & 1) === 1) return false;
  counter.used = (counter.used | (1 << bit)) >>> 0;
  return true;
}

import { type NameAddr, parseNameAddr, parseUri, splitList } from './address.js';
import type { IncomingRequest, Reply } from './sip-server.js';

const DEFAULT_EXPIRES_SECONDS = 3600;
const ONE_HOUR_SECONDS = 3600;
const MAX_CONTACT_LENGTH = 512;

export interface ExpiryLimits {
  readonly minExpiresSeconds: number;
  readonly maxExpiresSeconds: number;
}

/** What a REGISTER asks for (RFC 3261 section 10.2). */
export type RegisterWish =
  | { readonly kind: 'query' }
  | { readonly kind: 'remove-all' }
  | { readonly kind: 'change'; readonly contacts: readonly RequestedContact[] };

export interface RequestedContact {
  readonly uri: string;
  /** 0 removes. */
  readonly expiresSeconds: number;
}

/** Reads Contact and Expires, or says what to reply where they cannot be followed. */
export function readRegister(
  request: IncomingRequest,
  limits: ExpiryLimits,
): { wish: RegisterWish } | { refusal: Reply } {
  const items = splitList(request.header('contact') ?? '');
  if (items.length === 0) return { wish: { kind: 'query' } };
  const expires = parseSeconds(request.header('expires'));
  if (items.includes('*')) {
    // `*` stands alone and only removes (RFC 3261 section 10.3 step 6).
    const alone = items.length === 1 && expires === 0;
    return alone ? { wish: { kind: 'remove-all' } } : { refusal: { status: 400, reason: 'Contact * Needs Expires 0' } };
  }
  const contacts: RequestedContact[] = [];
  for (const item of items) {
    const nameAddr = parseNameAddr(item);
    if (nameAddr === undefined || !isUsable(nameAddr)) return { refusal: { status: 400, reason: 'Unusable Contact' } };
    const wanted = parseSeconds(nameAddr.params.get('expires')) ?? expires ?? DEFAULT_EXPIRES_SECONDS;
    if (wanted > 0 && wanted < limits.minExpiresSeconds && wanted < ONE_HOUR_SECONDS) {
      return { refusal: { status: 423, headers: { 'Min-Expires': String(limits.minExpiresSeconds) } } };
    }
    contacts.push({ uri: nameAddr.uri, expiresSeconds: Math.min(wanted, limits.maxExpiresSeconds) });
  }
  return { wish: { kind: 'change', contacts } };
}

function isUsable(contact: NameAddr): boolean {
  const q = contact.params.get('q');
  if (q !== undefined && !/^(0(\.\d{0,3})?|1(\.0{0,3})?)$/.test(q)) return false;
  return contact.uri.length <= MAX_CONTACT_LENGTH && parseUri(contact.uri) !== undefined;
}

/** Seconds; undefined for what is none, which is as if it was not there (RFC 3261 section 10.2.1.1). */
function parseSeconds(text: string | undefined): number | undefined {
  return text !== undefined && /^\d{1,10}$/.test(text.trim()) ? Number(text) : undefined;
}

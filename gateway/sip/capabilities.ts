import { splitList } from './address.js';
import type { Headers, IncomingRequest, Reply } from './sip-server.js';

/** What we take, told in 200, 405 and to OPTIONS (RFC 3261 section 11.2). */
export const ALLOW = 'INVITE, ACK, CANCEL, BYE, OPTIONS, INFO, UPDATE, REGISTER';

export const CAPABILITIES: Headers = { Allow: ALLOW, Accept: 'application/sdp', Supported: 'timer' };

const SUPPORTED_TAGS = new Set(['timer']);

/** Refuses a request that requires an extension we lack (RFC 3261 section 8.2.2.3). */
export function refuseExtensions(request: IncomingRequest): Reply | undefined {
  const unsupported = splitList(request.header('require') ?? '').filter(
    (tag) => !SUPPORTED_TAGS.has(tag.toLowerCase()),
  );
  return unsupported.length === 0 ? undefined : { status: 420, headers: { Unsupported: unsupported.join(', ') } };
}

/** Refuses a body that is no session description (RFC 3261 section 8.2.3); no body is well. */
export function refuseBody(request: IncomingRequest): Reply | undefined {
  if (request.body === '') return undefined;
  const type = (request.header('content-type') ?? '').split(';', 1)[0]?.trim().toLowerCase();
  return type === 'application/sdp' ? undefined : { status: 415, headers: { Accept: 'application/sdp' } };
}

import type { Flows } from '../flows.js';
import type { IncomingRequest } from '../message/incoming.js';
import type { SipResponse } from '../message/message.js';
import { type NameAddr, parseNameAddrs } from '../message/name-addr.js';
import { parameter } from '../message/parameters.js';
import { parseSipUri } from '../message/uri.js';
import type { Hop } from '../transport/connection.js';

/**
 * After a 2xx to a REGISTER or SUBSCRIBE that came over a connection, its first Contact is reached over that
 * connection, for as long as the response says.
 */
export function bindFlow(flows: Flows, request: IncomingRequest, response: SipResponse, source: Hop): void {
  const { method } = request.message;
  const { connection } = source;
  const contact = parseSipUri(request.contacts[0]?.uri ?? '');
  if (connection === undefined || contact === undefined || (method !== 'REGISTER' && method !== 'SUBSCRIBE')) return;
  const granted = (parseNameAddrs(response.headers.all('contact')) ?? []).find(({ uri }) => {
    const each = parseSipUri(uri);
    return each?.user === contact.user && each?.host === contact.host && each?.port === contact.port;
  });
  const seconds = expirySeconds(granted) ?? expirySeconds(undefined, response.headers.get('expires'));
  if (seconds === undefined) {
    // A removal is answered without the contact: then it is not to be reached any more.
    if (expirySeconds(request.contacts[0], request.message.headers.get('expires')) === 0) flows.unbind(contact);
  } else if (seconds > 0) flows.bind(contact, connection, seconds);
  else flows.unbind(contact);
}

function expirySeconds(contact: NameAddr | undefined, header?: string): number | undefined {
  const text = (contact === undefined ? undefined : parameter(contact.parameters, 'expires')) ?? header?.trim();
  return text !== undefined && /^\d{1,10}$/.test(text) ? Number(text) : undefined;
}

import type { SrfRequest, SrfResponse } from 'drachtio-srf';
import { RoomlineError } from '../../errors.js';
import { parseNameAddr, splitList } from '../address.js';
import type { FinalResponse, NoAnswer, OutgoingRequest, SipHandlers, SipServer } from '../sip-server.js';
import { Invite } from './invite.js';
import { Link, type LinkOptions } from './link.js';
import { routeTo } from './messages.js';
import { placeCall } from './place-call.js';
import { Request } from './request.js';

export interface SrfOptions extends LinkOptions {
  handlers: SipHandlers;
}

/**
 * Connects and authenticates; afterwards reconnects by itself.
 * @throws RoomlineError `unavailable` when that does not succeed within 10 s.
 */
export async function connectSrf(options: SrfOptions): Promise<SipServer> {
  const link = new Link(options);
  try {
    await link.connect((req, res) => receive(link, options.handlers, req, res));
  } catch (error) {
    await link.close();
    const where = `${options.host}:${options.port}`;
    throw new RoomlineError('unavailable', `the SIP engine at ${where} does not take us: check address and secret`, {
      cause: error,
    });
  }
  return {
    get linked() {
      return link.linked;
    },
    async request(request, deadlineMs) {
      const answer = await ask(link, request, deadlineMs);
      return 'status' in answer ? { status: answer.status } : answer;
    },
    ask: (request, deadlineMs) => ask(link, request, deadlineMs),
    call: (invite, deadlineMs, listener) => placeCall(link, invite, deadlineMs, listener),
    close: () => link.close(),
  };
}

function ask(link: Link, request: OutgoingRequest, deadlineMs: number): Promise<FinalResponse | NoAnswer> {
  const options = {
    method: request.method,
    // The default To would turn the URI's parameters into header parameters.
    headers: { To: `<${request.to}>`, ...request.headers },
    ...routeTo(request.target),
  };
  return link.ask(deadlineMs, (resolve, reject) => {
    link.srf.request(request.uri, options, (error, sent) => {
      if (sent === undefined) reject(error);
      else sent.on('response', (response) => response.status >= 200 && resolve(response));
    });
  });
}

/** Takes a request outside of any dialog. */
function receive(link: Link, handlers: SipHandlers, req: SrfRequest, res: SrfResponse): void {
  if (req.method !== 'INVITE') {
    const request = new Request(link, req, res);
    request.take(async () => handlers.request(request));
    return;
  }
  const invite = new Invite(link, req, res);
  invite.take(async () => {
    // createUAS answers 200 even where it then fails for want of a Contact.
    const contacts = splitList(invite.header('contact') ?? '');
    if (contacts.length !== 1 || parseNameAddr(contacts[0] ?? '') === undefined) {
      return invite.reply({ status: 400, reason: 'Contact Missing Or Unreadable' });
    }
    return handlers.invite(invite);
  });
}

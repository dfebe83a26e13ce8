import type { SrfDialog, SrfRequest } from 'drachtio-srf';
import { type AnswerRound, DigestAnswer } from '../digest-answer.js';
import type { DialogListener, OutgoingCall, OutgoingInvite } from '../sip-server.js';
import { Dialog } from './dialog.js';
import type { Link } from './link.js';
import { frameBytes, nextOf, readable, refusalOf, responseOf, routeTo } from './messages.js';
import { PlacedCall } from './placed-call.js';

/** An INVITE of ours that was asked for credentials, and what answers for it. */
interface Challenged {
  readonly request: SrfRequest;
  readonly digest: DigestAnswer;
  readonly round: AnswerRound;
}

/** What a call of ours is placed with, once more for each challenge. */
interface Placing {
  readonly link: Link;
  readonly call: PlacedCall;
  readonly invite: OutgoingInvite;
  readonly listener: DialogListener;
}

/** Calls a contact for so long; challenges are answered with the INVITE's credentials, if there are some. */
export function placeCall(
  link: Link,
  invite: OutgoingInvite,
  deadlineMs: number,
  listener: DialogListener,
): OutgoingCall {
  const call = new PlacedCall(deadlineMs);
  link.calls.add(call);
  void call.outcome.then(() => link.calls.delete(call));
  if (link.linked) void place({ link, call, invite, listener });
  else call.end({ none: 'link-lost' });
  return call;
}

/** Sends an INVITE; `challenged` is the one before it that was asked for credentials. */
async function place(placing: Placing, challenged?: Challenged): Promise<void> {
  const { link, call, invite, listener } = placing;
  const digest = challenged?.digest ?? (invite.credentials && new DigestAnswer(invite.credentials));
  const round = challenged?.round ?? digest?.begin();
  const headers = {
    ...invite.headers,
    ...{ From: invite.from, To: invite.to },
    ...(challenged === undefined ? {} : nextOf(challenged.request)),
    ...round?.headers('INVITE', invite.uri),
  };
  const options = { headers, localSdp: invite.sdp, ...routeTo(invite.target) };
  let sent: SrfRequest | undefined;
  const onFinal = (error: unknown, created: SrfDialog | undefined) => {
    const response = responseOf(error);
    if (created !== undefined) call.answered(new Dialog(link, created, listener, digest), created.remote.sdp ?? '');
    else if (call.cancelled || !sent || !digest || !round || !response || !round.take(readable(response))) {
      call.end(refusalOf(error));
    } else void place(placing, { request: sent, digest, round });
  };
  try {
    await link.confirmed<void>(frameBytes(headers, invite.sdp), (resolve, reject) => {
      if (call.cancelled) return resolve();
      const cbRequest = (error: unknown, request?: SrfRequest) => {
        if (request === undefined) return reject(error);
        sent = request;
        call.sent(request);
        resolve();
      };
      const cbProvisional = ({ status }: { status: number }) => status > 100 && call.rings();
      link.srf.createUAC(invite.uri, options, { cbRequest, cbProvisional }, onFinal);
    });
  } catch (error) {
    link.log.info({ err: error }, 'a call could not be placed');
    call.end({ none: link.linked ? 'no-flow' : 'link-lost' });
  }
}

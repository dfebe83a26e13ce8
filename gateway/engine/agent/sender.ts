import type { Dialog } from '../dialog/dialog.js';
import { type SipRequest, serialise } from '../message/message.js';
import type { ClientTransaction, ClientUser } from '../transaction/client.js';
import { Transactions } from '../transaction/transactions.js';
import type { Hop } from '../transport/connection.js';
import type { Transport } from '../transport/transport.js';
import { ComposeError, composeInDialog, composeRequest, type Draft, type Way } from './compose.js';
import type { Route, Router } from './router.js';

/** A request that is on its way; without a client transaction it is answered by `failure` already. */
export interface Sent {
  readonly request: SipRequest;
  readonly bytes: Buffer;
  readonly hop: Hop | undefined;
  readonly client: ClientTransaction | undefined;
  readonly failure: { readonly status: number; readonly reason: string } | undefined;
}

/** What became of the wish to send: the text is why it was refused. */
export type Outcome = Sent | string;

type Told = (outcome: Outcome) => void;

/** A client user that does not care. */
export const NOBODY: ClientUser = { answered: () => undefined, timedOut: () => undefined, failed: () => undefined };

/** Composes requests, finds their way and starts their transactions. */
export class Sender {
  readonly #router: Router;
  readonly #transport: Transport;
  readonly #transactions: Transactions;

  constructor(deps: { router: Router; transport: Transport; transactions: Transactions }) {
    this.#router = deps.router;
    this.#transport = deps.transport;
    this.#transactions = deps.transactions;
  }

  outOfDialog(asked: SipRequest, routeUrl: string | undefined, user: ClientUser, told: Told): void {
    this.#router.forRequest(asked.uri, routeUrl, (route) => {
      this.#launch(route, (way) => composeRequest(asked, way), user, told);
    });
  }

  inDialog(dialog: Dialog, draft: Draft, user: ClientUser, told: Told): void {
    this.#router.forDialog(dialog, (route) => {
      const cseq = dialog.localCseq + 1;
      this.#launch(
        route,
        (way) => composeInDialog(dialog, draft, cseq, way),
        user,
        (outcome) => {
          if (typeof outcome !== 'string') dialog.localCseq = cseq;
          told(outcome);
        },
      );
    });
  }

  /** Sends the ACK of a 2xx, which has no transaction (RFC 3261 section 13.2.2.4). */
  acknowledge(dialog: Dialog, draft: Draft, cseq: number, told: Told): void {
    this.#router.forDialog(dialog, (route) => {
      if (route.kind === 'refused') return told(route.text);
      const hop = route.kind === 'hop' ? route.hop : undefined;
      const request = this.#compose((way) => composeInDialog(dialog, draft, cseq, way), hop, Transactions.newBranch());
      if (typeof request === 'string') return told(request);
      const bytes = serialise(request);
      if (hop !== undefined) this.#transport.send(hop, bytes, () => undefined);
      told({ request, bytes, hop, client: undefined, failure: undefined });
    });
  }

  /** Sends a request that is already whole along the way of another, such as a CANCEL. */
  alongside(request: SipRequest, hop: Hop, branch: string): Buffer {
    return this.#transactions.begin(request, hop, branch, NOBODY).bytes;
  }

  resend(dialog: Dialog, bytes: Buffer): void {
    this.#router.forDialog(dialog, (route) => {
      if (route.kind === 'hop') this.#transport.send(route.hop, bytes, () => undefined);
    });
  }

  #launch(route: Route, compose: (way: Way) => SipRequest, user: ClientUser, told: Told): void {
    if (route.kind === 'refused') {
      told(route.text);
      return;
    }
    const branch = Transactions.newBranch();
    const hop = route.kind === 'hop' ? route.hop : undefined;
    const request = this.#compose(compose, hop, branch);
    if (typeof request === 'string') {
      told(request);
      return;
    }
    if (route.kind === 'failed') {
      told({ request, bytes: serialise(request), hop: undefined, client: undefined, failure: route });
      return;
    }
    const { client, bytes } = this.#transactions.begin(request, route.hop, branch, user);
    told({ request, bytes, hop, client, failure: undefined });
  }

  #compose(compose: (way: Way) => SipRequest, hop: Hop | undefined, branch: string): SipRequest | string {
    const local = hop === undefined ? this.#transport.local : this.#transport.localFor(hop);
    try {
      return compose({ protocol: hop?.protocol ?? 'UDP', local, branch });
    } catch (error) {
      if (error instanceof ComposeError) return error.message;
      throw error;
    }
  }
}

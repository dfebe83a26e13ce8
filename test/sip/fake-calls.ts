import type {
  Answer,
  CallOutcome,
  DialogListener,
  Headers,
  IncomingInvite,
  OutgoingCall,
  OutgoingInvite,
  Reply,
  SipDialog,
  Source,
} from '../../gateway/sip/sip-server.js';
import { OFFER } from './fakes.js';

export interface FakeRequestOptions {
  method: string;
  uri?: string;
  headers?: Headers;
  body?: string;
  source?: Partial<Source>;
}

/** A request as it comes from outside; remembers what was replied. */
export class FakeRequest implements IncomingInvite {
  readonly method: string;
  readonly uri: string;
  readonly body: string;
  readonly source: Source;
  readonly replies: Reply[] = [];
  readonly headers: Headers;
  dialog: FakeDialog | undefined;
  listener: DialogListener | undefined;
  /** What `accept` waits for, where a test wants it to. */
  acceptGate: Promise<void> = Promise.resolve();
  #onCancel: (() => void) | undefined;
  #cancelled = false;

  constructor(options: FakeRequestOptions) {
    this.method = options.method;
    this.uri = options.uri ?? 'sip:2000@127.0.0.1:5060';
    this.headers = options.headers ?? {};
    this.body = options.body ?? '';
    this.source = { address: '127.0.0.1', port: 5070, transport: 'udp', ...options.source };
  }

  get replied(): boolean {
    return this.replies.some((reply) => reply.status >= 200);
  }

  get reply1(): Reply {
    const reply = this.replies[0];
    if (reply === undefined) throw new Error(`${this.method} was not replied to`);
    return reply;
  }

  header(name: string): string | undefined {
    return this.headers[name];
  }

  async reply(reply: Reply): Promise<void> {
    this.replies.push(reply);
  }

  onCancel(listener: () => void): void {
    this.#onCancel = listener;
    if (this.#cancelled) listener();
  }

  cancel(): void {
    this.#cancelled = true;
    this.replies.push({ status: 487 });
    this.#onCancel?.();
  }

  async accept(answer: { sdp: string; headers?: Headers }, listener: DialogListener): Promise<SipDialog> {
    this.listener = listener;
    this.dialog = new FakeDialog();
    await this.acceptGate;
    this.replies.push({ status: 200, body: answer.sdp, headers: answer.headers ?? {} });
    return this.dialog;
  }
}

export class FakeDialog implements SipDialog {
  readonly callId = 'call-1';
  readonly requests: string[] = [];
  byes = 0;
  /** The headers of the BYE, once there was one. */
  byeHeaders: Headers | undefined;
  /** What requests within the dialog are answered. */
  answer: Answer = { status: 200 };

  async request({ method }: { method: string }): Promise<Answer> {
    this.requests.push(method);
    return this.answer;
  }

  async bye(_deadlineMs?: number, headers: Headers = {}): Promise<void> {
    this.byes++;
    this.byeHeaders ??= headers;
  }
}

/** A call of ours as a test wants it to go. */
export class FakeCall implements OutgoingCall {
  readonly invite: OutgoingInvite;
  readonly listener: DialogListener;
  readonly dialog = new FakeDialog();
  readonly outcome: Promise<CallOutcome>;
  /** The headers of the CANCEL, once there was one. */
  cancelled: Headers | undefined;
  #settle: (outcome: CallOutcome) => void = () => {};

  constructor(invite: OutgoingInvite, listener: DialogListener) {
    this.invite = invite;
    this.listener = listener;
    this.outcome = new Promise((resolve) => {
      this.#settle = resolve;
    });
  }

  answer(sdp = OFFER): void {
    this.#settle({ dialog: this.dialog, sdp });
  }

  end(outcome: CallOutcome): void {
    this.#settle(outcome);
  }

  cancel(headers: Headers = {}): void {
    this.cancelled ??= headers;
    this.#settle({ none: 'cancelled' });
  }
}

/** Places calls that go as a test says. */
export class FakeCaller {
  readonly calls: FakeCall[] = [];

  call(invite: OutgoingInvite, _deadlineMs: number, listener: DialogListener): OutgoingCall {
    const call = new FakeCall(invite, listener);
    this.calls.push(call);
    return call;
  }

  /** The calls to one user, oldest first. */
  to(name: string): FakeCall[] {
    return this.calls.filter(({ invite }) => invite.to.includes(`sip:${name}@`));
  }
}

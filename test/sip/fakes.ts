import { EventBus } from '../../gateway/events.js';
import type { Apart, FarEnd, Media, MediaEvents, MediaLeg } from '../../gateway/media/media.js';
import type { ContactBinding, ContactBindingStore } from '../../gateway/rooms/contact-binding.js';
import {
  type Invitation,
  type InvitationChange,
  type InvitationState,
  type InvitationStore,
  isFinished,
} from '../../gateway/rooms/invitations.js';
import type { Room, RoomFinder, Standing } from '../../gateway/rooms/room.js';
import type { SipAccount, SipAccountStore } from '../../gateway/rooms/sip-account.js';
import type { User, UserStore } from '../../gateway/rooms/user.js';
import { hashSecret } from '../../gateway/sip/digest-credentials.js';
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
import type { Playback, PlaybackEnd, PlayOptions, Sound } from '../../gateway/sound.js';

export const REALM = 'roomline';
export const OFFER = 'v=0\r\no=phone 1 1 IN IP4 127.0.0.1\r\n';

export function user(name: string, groupIds: readonly string[] = ['engineering']): User {
  const memberships = groupIds.map((groupId) => ({
    groupId,
    group: groupId,
    title: groupId,
    role: 'member' as const,
    hasPin: false,
  }));
  return {
    id: `id-${name}`,
    name,
    displayName: name.toUpperCase(),
    admin: false,
    revokedBefore: new Date(0),
    memberships,
  };
}

export function users(...all: readonly User[]): UserStore {
  return {
    findByName: async (name) => all.find((candidate) => candidate.name === name),
    findByExternalId: async () => undefined,
    findPasswordHash: async () => undefined,
  };
}

export const ROOM: Room = {
  number: '2000',
  kind: 'group',
  title: 'Engineering',
  groupId: 'engineering',
  hasPin: false,
};

/** Rooms in a list; `standing` is everybody's in all of them. */
export function finder(
  rooms: readonly Room[],
  options: { standing?: Standing | undefined; onLook?(number: string): Promise<void> } = {},
): RoomFinder {
  const find = async (number: string) => {
    await options.onLook?.(number);
    return rooms.find((room) => room.number === number);
  };
  return {
    find,
    async findFor(number) {
      const room = await find(number);
      return room && { room, ...(options.standing === undefined ? {} : { standing: options.standing }) };
    },
  };
}

export class MemoryInvitations implements InvitationStore {
  readonly invitations = new Map<string, Invitation>();
  /** Every state an invitation went through, in order. */
  readonly states: string[] = [];
  #count = 0;

  /** Writes invitations down as a request does. */
  create(room: string, ...to: Invitation['to'][]): Invitation[] {
    return to.map((invitee) => {
      const id = `invitation-${++this.#count}`;
      const invitation: Invitation = {
        id,
        room,
        inviter: { id: 'id-alice', name: 'alice' },
        to: invitee,
        state: 'queued',
        tries: 0,
        createdAt: new Date(),
        updatedAt: new Date(),
      };
      this.invitations.set(id, invitation);
      return invitation;
    });
  }

  async listByRoom(room: string): Promise<Invitation[]> {
    return [...this.invitations.values()].filter((invitation) => invitation.room === room);
  }

  async find(id: string): Promise<Invitation | undefined> {
    return this.invitations.get(id);
  }

  async listUnfinished(): Promise<Invitation[]> {
    return [...this.invitations.values()].filter((invitation) => !isFinished(invitation));
  }

  async update(id: string, change: InvitationChange, unless: readonly InvitationState[]): Promise<boolean> {
    const invitation = this.invitations.get(id);
    if (invitation === undefined || unless.includes(invitation.state)) return false;
    const { cause: _cause, nextTryAt: _nextTryAt, ...kept } = invitation;
    this.invitations.set(id, { ...kept, ...change, updatedAt: new Date() });
    this.states.push(`${id} ${change.state}`);
    return true;
  }

  async advance({ id, tries }: Pick<Invitation, 'id' | 'tries'>, change: InvitationChange): Promise<boolean> {
    const invitation = this.invitations.get(id);
    if (invitation === undefined || isFinished(invitation) || invitation.tries !== tries) return false;
    return this.update(id, change, []);
  }
}

/** Accounts whose secret is `NAME-demo`. */
export function sipAccounts(accounts: Readonly<Record<string, SipAccount['algorithm']>>): SipAccountStore {
  return {
    async findByUserName(userName) {
      const algorithm = accounts[userName];
      if (algorithm === undefined) return undefined;
      return { userName, algorithm, ha1: hashSecret(algorithm, userName, REALM, `${userName}-demo`) };
    },
  };
}

export class MemoryContacts implements ContactBindingStore {
  bindings: ContactBinding[] = [];

  async findByUser(userId: string, now: Date): Promise<ContactBinding[]> {
    return this.bindings.filter((binding) => binding.userId === userId && binding.expiresAt > now);
  }

  async apply(userId: string, changes: { put: readonly ContactBinding[]; remove: readonly string[] }): Promise<void> {
    const gone = new Set([...changes.remove, ...changes.put.map(({ contactUri }) => contactUri)]);
    this.bindings = this.bindings.filter((binding) => binding.userId !== userId || !gone.has(binding.contactUri));
    this.bindings.push(...changes.put);
  }

  async all(now: Date): Promise<ContactBinding[]> {
    return this.bindings.filter((binding) => binding.expiresAt > now);
  }

  async purgeExpired(now: Date): Promise<number> {
    const before = this.bindings.length;
    this.bindings = this.bindings.filter((binding) => binding.expiresAt > now);
    return before - this.bindings.length;
  }
}

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

/** A sound that is played until a test, or what plays it, ends it. */
export class FakePlayback implements Playback {
  readonly sound: Sound;
  readonly loop: boolean;
  readonly ended: Promise<PlaybackEnd>;
  /** How it ended; `undefined` while it plays. */
  end: PlaybackEnd | undefined;
  #settle: (end: PlaybackEnd) => void = () => {};

  constructor(sound: Sound, options: PlayOptions = {}) {
    this.sound = sound;
    this.loop = options.loop ?? false;
    this.ended = new Promise((resolve) => {
      this.#settle = resolve;
    });
  }

  /** The last sample was sent. */
  finish(): void {
    this.#endAs('played');
  }

  stop(): void {
    this.#endAs('stopped');
  }

  #endAs(end: PlaybackEnd): void {
    this.end ??= end;
    this.#settle(this.end);
  }
}

export class FakeMediaLeg implements MediaLeg {
  readonly id: string;
  /** `null` while it is apart. */
  room: string | Apart;
  /** All that was played to it, oldest first. */
  readonly playbacks: FakePlayback[] = [];
  readonly sdp = 'v=0\r\no=roomline 1 1 IN IP4 127.0.0.1\r\n';
  held = false;
  muted = false;
  closed = 0;
  readonly offers: string[] = [];
  readonly answers: string[] = [];
  /** What `renegotiate`, `acceptAnswer` and `enter` throw, where a test wants them to. */
  refusal: Error | undefined;
  /** What `renegotiate` and `enter` wait for. */
  gate: Promise<void> = Promise.resolve();

  constructor(id: string, room: string | Apart = null) {
    this.id = id;
    this.room = room;
  }

  async renegotiate(offer: string): Promise<string> {
    this.offers.push(offer);
    await this.gate;
    if (this.refusal !== undefined) throw this.refusal;
    this.held = offer.includes('a=sendonly') || offer.includes('a=inactive');
    return this.sdp;
  }

  offerAgain(): string {
    return `${this.sdp}a=sendrecv\r\n`;
  }

  async acceptAnswer(answer: string): Promise<void> {
    if (this.refusal !== undefined) throw this.refusal;
    this.answers.push(answer);
  }

  setMuted(muted: boolean): void {
    this.muted = muted;
  }

  play(sound: Sound, options?: PlayOptions): FakePlayback {
    this.playing?.stop();
    const playback = new FakePlayback(sound, options);
    this.playbacks.push(playback);
    if (this.closed > 0) playback.stop();
    return playback;
  }

  /** What is being played to it. */
  get playing(): FakePlayback | undefined {
    const last = this.playbacks.at(-1);
    return last?.end === undefined ? last : undefined;
  }

  async enter(room: string): Promise<void> {
    await this.gate;
    if (this.refusal !== undefined) throw this.refusal;
    this.room = room;
  }

  async close(): Promise<void> {
    this.playing?.stop();
    this.closed++;
  }
}

/** Media without sound: remembers its legs, opens them when the gate lets it. */
export class FakeMedia implements Media {
  readonly events = new EventBus<MediaEvents>();
  readonly legs: FakeMediaLeg[] = [];
  gate: Promise<void> = Promise.resolve();
  refusal: Error | undefined;
  withoutOffer = 0;
  /** What was called. */
  readonly outgoing: FarEnd[] = [];
  /** What was played in rooms, oldest first. */
  readonly playedInRooms: { room: string; sound: Sound; except: readonly string[] }[] = [];

  async open(leg: string, room: string | Apart): Promise<FakeMediaLeg> {
    await this.gate;
    if (this.refusal !== undefined) throw this.refusal;
    const opened = new FakeMediaLeg(leg, room);
    this.legs.push(opened);
    return opened;
  }

  openWithoutOffer(leg: string, room: string | Apart): Promise<FakeMediaLeg> {
    this.withoutOffer++;
    return this.open(leg, room);
  }

  openOutgoing(leg: string, room: string | Apart, farEnd: FarEnd): Promise<FakeMediaLeg> {
    this.outgoing.push(farEnd);
    return this.open(leg, room);
  }

  playInRoom(room: string, sound: Sound, except: readonly string[] = []): void {
    this.playedInRooms.push({ room, sound, except });
  }

  get open1(): FakeMediaLeg {
    const leg = this.legs[0];
    if (leg === undefined) throw new Error('no media was opened');
    return leg;
  }

  get openCount(): number {
    return this.legs.filter((leg) => leg.closed === 0).length;
  }

  async ready(): Promise<boolean> {
    return true;
  }

  async counts(): Promise<{ rtpengineCalls: number; mixerPorts: number }> {
    return { rtpengineCalls: this.openCount, mixerPorts: this.openCount };
  }

  async stop(): Promise<void> {}
}

/** A promise and what settles it. */
export function gate(): { closed: Promise<void>; open: () => void } {
  let open = (): void => {};
  const closed = new Promise<void>((resolve) => {
    open = resolve;
  });
  return { closed, open };
}

/** Lets everything run that waits for no timer and no I/O. */
export function settle(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}

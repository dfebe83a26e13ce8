import assert from 'node:assert/strict';
import { mock } from 'node:test';
import pino from 'pino';
import { createAccessEvents } from '../../gateway/rooms/access-events.js';
import type { FlowTransport } from '../../gateway/rooms/contact-binding.js';
import type { Invitation, Invitee } from '../../gateway/rooms/invitations.js';
import type { QuietHours } from '../../gateway/rooms/quiet-hours.js';
import { type Participant, Roster } from '../../gateway/rooms/roster.js';
import type { User } from '../../gateway/rooms/user.js';
import type { CallReason } from '../../gateway/sip/call.js';
import type { Ringing, RingOptions, RingOutcome } from '../../gateway/sip/dial-out.js';
import { createDoorkeeper } from '../../gateway/sip/doorkeeper.js';
import { createInviteeLookup } from '../../gateway/sip/invitee-lookup.js';
import { RingingInviter } from '../../gateway/sip/inviter.js';
import type { OutsideRefusal } from '../../gateway/sip/outside-line.js';
import type { TakeUp } from '../../gateway/sip/take-up.js';
import { finder, MemoryContacts, MemoryInvitations, ROOM, settle, user, users } from './fakes.js';

export const ALICE = user('alice');
export const OTHER_ROOM = { ...ROOM, number: '2001' };
export const TEL = '+4930123456';
export const NOON = new Date('2026-05-01T12:00:00Z');
export const NIGHT: QuietHours = { from: '22:00', to: '07:00', timeZone: 'UTC' };

/** Phones that ring until a test says what becomes of it. */
export class FakeRing implements Ringing {
  readonly options: RingOptions;
  readonly outcome: Promise<RingOutcome>;
  stopped: { reason?: CallReason } | undefined;
  #settle: (outcome: RingOutcome) => void = () => {};

  constructor(options: RingOptions) {
    this.options = options;
    this.outcome = new Promise((resolve) => {
      this.#settle = resolve;
    });
  }

  /** Whom it calls: `bob web` or a telephone number. */
  get phones(): string[] {
    const { contacts, lines = [] } = this.options;
    return [...contacts.map(({ userName, callId }) => `${userName} ${callId}`), ...lines.map(({ tel }) => tel)];
  }

  async end(state: RingOutcome['state'], cause?: string): Promise<void> {
    for (const line of this.options.lines ?? []) line.release();
    this.#settle({ state, ...(cause === undefined ? {} : { cause }) });
    await settle();
  }

  stop(reason?: CallReason): void {
    this.stopped ??= reason === undefined ? {} : { reason };
    this.#settle({ state: 'cancelled' });
  }
}

/** Invitations and phones that outlive a gateway. */
export function setUp(
  options: { telephone?: boolean; quietHours?: QuietHours; ringingAtOnce?: number; log?: string[] } = {},
) {
  const invitations = new MemoryInvitations();
  const contacts = new MemoryContacts();
  const telephone = options.telephone === true ? { telephone: TEL } : {};
  const people: User[] = [
    ALICE,
    ...['bob', 'carol', 'dave', 'erin', 'frank'].map((name) => ({ ...user(name), ...telephone })),
  ];
  const everybody = users(...people);
  const rings: FakeRing[] = [];
  const told: string[] = [];
  const line = { refusal: undefined as OutsideRefusal | undefined, open: 0 };

  function start(whichToTakeUp: () => Promise<TakeUp> = async () => 'all') {
    const roster = new Roster();
    const events = createAccessEvents();
    roster.events.on('invitation.updated', ({ invitation: { id, state, cause } }) => {
      told.push([id, state, cause].filter((part) => part !== undefined).join(' '));
    });
    const lines = options.log ?? [];
    const inviter = new RingingInviter({
      events,
      invitations,
      users: everybody,
      lookUp: createInviteeLookup({
        users: everybody,
        contacts,
        guard: { epoch: 0 },
        roster,
        doorkeeper: createDoorkeeper(finder([ROOM, OTHER_ROOM]), invitations),
        quietHours: options.quietHours ?? null,
      }),
      roster,
      dialOut(asked) {
        const ring = new FakeRing(asked);
        rings.push(ring);
        return ring;
      },
      outsideLine: {
        async place(tel) {
          if (line.refusal !== undefined) return line.refusal;
          line.open++;
          let released = false;
          const invite = { uri: `sip:${tel}@trunk.invalid`, from: '', to: '', target: TARGET };
          const release = () => {
            if (!released) line.open--;
            released = true;
          };
          return { trunk: 'main', tel, invite, release };
        },
      },
      rules: { tries: 2, retryMs: 60_000, snoozeMs: 300_000 },
      ringingPerRoom: 3,
      ringingAtOnce: options.ringingAtOnce ?? 50,
      ringMs: 30_000,
      whichToTakeUp,
      log: pino({ level: 'debug' }, { write: (text) => void lines.push(text) }),
    });
    stops.push(() => inviter.stop());
    const enter = (name: string) => roster.join(ROOM.number, participant({ user: name, name }));
    return { inviter, roster, events, enter };
  }

  function register(name: string, device: string, transport: FlowTransport = 'ws'): void {
    contacts.bindings.push({
      userId: `id-${name}`,
      userName: name,
      contactUri: `sip:${device}@${name}.invalid`,
      callId: device,
      cseq: 1,
      transport,
      sourceAddress: '127.0.0.1',
      sourcePort: 4000 + contacts.bindings.length,
      userAgent: '',
      registeredAt: NOON,
      expiresAt: new Date(NOON.getTime() + 7 * 24 * 3600_000),
    });
  }

  return {
    invitations,
    users: everybody,
    rings,
    told,
    line,
    start,
    register,
    /** Writes invitations down and hands them over. */
    async invite(
      inviter: RingingInviter,
      to: readonly (string | Invitee)[],
      room = ROOM.number,
    ): Promise<Invitation[]> {
      const created = invitations.create(room, ...to.map((one) => (typeof one === 'string' ? toUser(one) : one)));
      inviter.invite(ALICE, created);
      await settle();
      return created;
    },
    shown({ id }: Pick<Invitation, 'id'>): string {
      const { state, cause, tries, nextTryAt } = invitations.invitations.get(id) ?? assert.fail();
      const inMs = nextTryAt === undefined ? undefined : nextTryAt.getTime() - Date.now();
      return [state, cause, tries, ...(inMs === undefined ? [] : [`in ${inMs} ms`])]
        .filter((part) => part !== undefined)
        .join(' ');
    },
    last: () => rings.at(-1) ?? assert.fail('nobody was called'),
  };
}

const TARGET = { address: '127.0.0.1', port: 5090, transport: 'udp' } as const;

/** Takes down what a test has set up. */
export const stops: (() => Promise<void>)[] = [];

export function toUser(name: string): Invitee {
  return { user: { id: `id-${name}`, name } };
}

function participant(of: Partial<Participant>): Participant {
  return {
    id: `leg-${of.name}`,
    name: '',
    device: 'desk-phone',
    muted: false,
    talking: false,
    held: false,
    role: 'speaker',
    handRaised: false,
    joinedAt: NOON,
    ...of,
  };
}

export function first<T>(list: readonly T[]): T {
  return list[0] ?? assert.fail('there is none');
}

export async function pass(ms: number): Promise<void> {
  mock.timers.tick(ms);
  // What comes of one timer may look at the store several times.
  for (let turn = 0; turn < 3; turn++) await settle();
}

/** Stops the time at noon for the tests of a suite, and takes down what each has set up. */
export function atNoon(): void {
  beforeEach(() => mock.timers.enable({ apis: ['setTimeout', 'Date'], now: NOON }));
  afterEach(async () => {
    await Promise.all(stops.splice(0).map((stop) => stop()));
    mock.timers.reset();
  });
}

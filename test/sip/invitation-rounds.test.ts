import assert from 'node:assert/strict';
import { mock } from 'node:test';
import pino from 'pino';
import { RoomlineError } from '../../gateway/errors.js';
import { createAccessEvents } from '../../gateway/rooms/access-events.js';
import type { FlowTransport } from '../../gateway/rooms/contact-binding.js';
import type { Invitation, Invitee } from '../../gateway/rooms/invitations.js';
import type { QuietHours } from '../../gateway/rooms/quiet-hours.js';
import { type Participant, Roster } from '../../gateway/rooms/roster.js';
import type { User } from '../../gateway/rooms/user.js';
import type { CallReason } from '../../gateway/sip/call.js';
import { ANSWERED_ELSEWHERE, type Ringing, type RingOptions, type RingOutcome } from '../../gateway/sip/dial-out.js';
import { createDoorkeeper } from '../../gateway/sip/doorkeeper.js';
import { createInviteeLookup } from '../../gateway/sip/invitee-lookup.js';
import { RingingInviter } from '../../gateway/sip/inviter.js';
import type { OutsideRefusal } from '../../gateway/sip/outside-line.js';
import type { TakeUp } from '../../gateway/sip/take-up.js';
import { finder, MemoryContacts, MemoryInvitations, ROOM, settle, user, users } from './fakes.js';

const ALICE = user('alice');
const OTHER_ROOM = { ...ROOM, number: '2001' };
const TEL = '+4930123456';
const NOON = new Date('2026-05-01T12:00:00Z');
const NIGHT: QuietHours = { from: '22:00', to: '07:00', timeZone: 'UTC' };

/** Phones that ring until a test says what becomes of it. */
class FakeRing implements Ringing {
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
function setUp(options: { telephone?: boolean; quietHours?: QuietHours; ringingAtOnce?: number; log?: string[] } = {}) {
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
const stops: (() => Promise<void>)[] = [];

function toUser(name: string): Invitee {
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

function first<T>(list: readonly T[]): T {
  return list[0] ?? assert.fail('there is none');
}

async function pass(ms: number): Promise<void> {
  mock.timers.tick(ms);
  // What comes of one timer may look at the store several times.
  for (let turn = 0; turn < 3; turn++) await settle();
}

describe('an invitation round', () => {
  beforeEach(() => mock.timers.enable({ apis: ['setTimeout', 'Date'], now: NOON }));
  afterEach(async () => {
    await Promise.all(stops.splice(0).map((stop) => stop()));
    mock.timers.reset();
  });

  for (const state of ['busy', 'no-answer'] as const) {
    it(`calls again after a pause who is ${state}, and says so meanwhile`, async () => {
      const { rings, start, register, invite, shown, last } = setUp();
      register('bob', 'web');
      const invitation = first(await invite(start().inviter, ['bob']));
      await last().end(state, '486');
      assert.equal(shown(invitation), `${state} 486 1 in 60000 ms`);
      await pass(59_999);
      assert.equal(rings.length, 1);
      await pass(1);
      assert.equal(shown(invitation), 'ringing 2');
      await last().end(state, '486');
      assert.equal(shown(invitation), `${state} 486 2`);
      await pass(600_000);
      assert.equal(rings.length, 2);
    });
  }

  it('calls later who asks for it', async () => {
    const { start, register, invite, shown, last, told } = setUp();
    register('bob', 'desk', 'udp');
    const invitation = first(await invite(start().inviter, ['bob']));
    last().options.onProgress?.('answered');
    last().options.onProgress?.('confirming');
    await last().end('snoozed');
    assert.equal(shown(invitation), 'snoozed 1 in 300000 ms');
    await pass(300_000);
    assert.equal(shown(invitation), 'ringing 2');
    await last().end('joined');
    assert.equal(shown(invitation), 'joined 2');
    assert.deepEqual(
      told.map((line) => line.split(' ')[1]),
      ['queued', 'ringing', 'answered', 'confirming', 'snoozed', 'ringing', 'joined'],
    );
  });

  it('says when a phone was answered', async () => {
    const { invitations, start, register, invite, last } = setUp();
    register('bob', 'desk', 'udp');
    const { id } = first(await invite(start().inviter, ['bob']));
    await pass(4000);
    last().options.onProgress?.('answered');
    await pass(1000);
    last().options.onProgress?.('confirming');
    await last().end('joined');
    const answeredAt = invitations.invitations.get(id)?.answeredAt;
    assert.equal(answeredAt?.getTime(), NOON.getTime() + 4000);
  });

  for (const state of ['busy', 'no-answer', 'unreachable', 'failed'] as const) {
    it(`calls the outside line of one whose phones are ${state}, in the same try`, async () => {
      const { rings, start, register, invite, shown, last, line } = setUp({ telephone: true });
      register('bob', 'web');
      register('bob', 'desk', 'udp');
      const invitation = first(await invite(start().inviter, ['bob']));
      assert.deepEqual(last().phones, ['bob web', 'bob desk']);
      await last().end(state);
      assert.deepEqual(last().phones, [TEL]);
      assert.equal(shown(invitation), 'ringing 1');
      await last().end('joined');
      assert.equal(shown(invitation), 'joined 1');
      assert.deepEqual([rings.length, line.open], [2, 0]);
    });
  }

  for (const [state, cause] of [
    ['declined'],
    ['snoozed'],
    ['voicemail'],
    ['no-answer', 'hung-up'],
    ['failed', 'full'],
    ['failed', 'locked'],
    ['failed', 'not-admitted'],
  ] as const) {
    it(`leaves the outside line alone of one whose phones say ${cause ?? state}`, async () => {
      const { rings, start, register, invite, last } = setUp({ telephone: true });
      register('bob', 'desk', 'udp');
      await invite(start().inviter, ['bob']);
      await last().end(state, cause);
      assert.equal(rings.length, 1);
    });
  }

  it('calls a telephone number at once, as nobody’s but the invitation’s', async () => {
    const { start, invite, shown, last } = setUp();
    const invitation = first(await invite(start().inviter, [{ tel: TEL }]));
    assert.deepEqual(last().phones, [TEL]);
    assert.deepEqual(last().options.identity, { outside: { id: invitation.id, tel: TEL, room: '2000' } });
    await last().end('voicemail');
    assert.equal(shown(invitation), 'voicemail 1');
  });

  const REFUSALS: readonly [string, string, string][] = [
    ['barred', 'failed barred 0', 'failed barred 0'],
    ['user-limit', 'failed user-limit 0', 'failed user-limit 0'],
    ['no-trunk', 'failed no-trunk 0', 'unreachable no-contact 0'],
  ];
  for (const [refused, ofNumber, ofUser] of REFUSALS) {
    it(`ends as ${ofNumber} for a number that is ${refused}, as ${ofUser} for a user with nothing else`, async () => {
      const { rings, line, start, invite, shown } = setUp({ telephone: true });
      line.refusal = { refused };
      const [number, bob] = await invite(start().inviter, [{ tel: TEL }, 'bob']);
      assert.deepEqual(
        [number, bob].map((one) => shown(one ?? assert.fail())),
        [ofNumber, ofUser],
      );
      assert.equal(rings.length, 0);
    });
  }

  it('tells of the phones when they may be answered the next time, and there is no way to the outside line', async () => {
    const { line, start, register, invite, shown, last } = setUp({ telephone: true });
    line.refusal = { refused: 'barred' };
    register('bob', 'web');
    const invitation = first(await invite(start().inviter, ['bob']));
    await last().end('no-answer');
    assert.equal(shown(invitation), 'no-answer 1 in 60000 ms');
  });

  it('waits for a trunk that has no place, and then calls the outside line alone, in the same try', async () => {
    const { rings, line, start, register, invite, shown, last } = setUp({ telephone: true });
    line.refusal = { refused: 'at-once', retryAfterSeconds: 7 };
    register('bob', 'web');
    const [bob, number] = await invite(start().inviter, ['bob', { tel: TEL }]);
    assert.ok(bob && number);
    await last().end('unreachable');
    assert.equal(shown(bob), 'queued at-once 1 in 7000 ms');
    assert.equal(shown(number), 'queued at-once 0 in 7000 ms');
    await pass(7000);
    assert.equal(shown(bob), 'queued at-once 1 in 7000 ms');
    line.refusal = undefined;
    await pass(7000);
    assert.deepEqual(
      rings.map(({ phones }) => phones),
      [['bob web'], [TEL], [TEL]],
    );
    assert.deepEqual([shown(bob), shown(number)], ['ringing 1', 'ringing 1']);
    for (const ring of rings.slice(1)) await ring.end('busy');
    await pass(60_000);
    assert.deepEqual(
      rings
        .slice(3)
        .map(({ phones }) => phones[0])
        .sort(),
      [TEL, 'bob web'],
    );
    assert.equal(shown(bob), 'ringing 2');
  });

  it('lets telephones wait until quiet hours are over', async () => {
    const { rings, start, register, invite, shown, last } = setUp({ telephone: true, quietHours: NIGHT });
    register('bob', 'desk', 'udp');
    await pass(11 * 3600_000);
    const [bob, number] = await invite(start().inviter, ['bob', { tel: TEL }]);
    assert.ok(bob && number);
    assert.equal(shown(bob), `queued quiet-hours 0 in ${8 * 3600_000} ms`);
    assert.equal(shown(number), `queued quiet-hours 0 in ${8 * 3600_000} ms`);
    await pass(8 * 3600_000 - 1);
    assert.equal(rings.length, 0);
    await pass(1);
    assert.deepEqual([shown(bob), shown(number)], ['ringing 1', 'ringing 1']);
    await last().end('joined');
  });

  it('rings browsers in quiet hours, and the telephones after them if nobody is there', async () => {
    const { rings, start, register, invite, shown } = setUp({ quietHours: NIGHT });
    for (const name of ['bob', 'carol']) register(name, 'web');
    register('bob', 'desk', 'udp');
    await pass(11 * 3600_000);
    const [bob, carol] = await invite(start().inviter, ['bob', 'carol']);
    assert.ok(bob && carol);
    assert.deepEqual(
      rings.map(({ phones }) => phones),
      [['bob web'], ['carol web']],
    );
    for (const ring of rings) await ring.end('no-answer');
    assert.equal(shown(bob), `queued quiet-hours 1 in ${8 * 3600_000} ms`);
    assert.equal(shown(carol), 'no-answer 1 in 60000 ms');
    await pass(8 * 3600_000);
    assert.ok(rings.some(({ phones }) => phones.join() === 'bob web,bob desk'));
  });

  it('calls so many at once of all rooms, and the rooms take turns', async () => {
    const { rings, start, register, invite } = setUp({ ringingAtOnce: 4 });
    for (const name of ['bob', 'carol', 'dave', 'erin', 'frank']) register(name, 'web');
    const { inviter } = start();
    await invite(inviter, ['bob', 'carol', 'dave', 'erin', 'frank']);
    await invite(inviter, ['bob', 'carol', 'dave'], OTHER_ROOM.number);
    assert.deepEqual(roomsOf(rings), ['2000', '2000', '2000', '2001']);
    for (let ended = 0; ended < 4; ended++) {
      const ofFirstRoom = rings.filter(({ options }) => options.room.number === '2000');
      await ofFirstRoom[ended]?.end('declined');
      assert.equal(rings.length, 5 + ended);
    }
    assert.deepEqual(roomsOf(rings.slice(4)), ['2001', '2000', '2001', '2000']);
  });

  const roomsOf = (some: readonly FakeRing[]) => some.map(({ options }) => options.room.number);

  it('finds who has entered between two tries joined, without another call', async () => {
    const { rings, start, register, invite, shown, last } = setUp();
    register('bob', 'web');
    const { inviter, enter } = start();
    const invitation = first(await invite(inviter, ['bob']));
    await last().end('busy');
    enter('bob');
    await settle();
    assert.equal(shown(invitation), 'joined 1');
    await pass(60_000);
    assert.equal(rings.length, 1);
  });

  it('stops ringing for one who enters, and says that the call was completed elsewhere', async () => {
    const { start, register, invite, shown, last } = setUp();
    register('bob', 'web');
    const { inviter, enter } = start();
    const invitation = first(await invite(inviter, ['bob']));
    enter('bob');
    await settle();
    assert.deepEqual(last().stopped, { reason: ANSWERED_ELSEWHERE });
    assert.equal(shown(invitation), 'joined 1');
  });

  it('calls nobody who was cancelled while they waited', async () => {
    const { invitations, rings, start, register, invite, shown, last } = setUp();
    register('bob', 'web');
    const { inviter } = start();
    const invitation = first(await invite(inviter, ['bob']));
    await last().end('busy');
    await invitations.update(invitation.id, { state: 'cancelled' }, []);
    inviter.cancel(invitation.id);
    await pass(60_000);
    assert.equal(rings.length, 1);
    assert.equal(shown(invitation), 'cancelled 1');
  });

  it('calls nobody whose invitation was cancelled where it is written, whether or not it was told', async () => {
    const { invitations, rings, start, register, invite, last } = setUp();
    register('bob', 'web');
    const invitation = first(await invite(start().inviter, ['bob']));
    await last().end('busy');
    await invitations.update(invitation.id, { state: 'cancelled' }, []);
    await pass(60_000);
    assert.equal(rings.length, 1);
  });

  it('does nothing more for an invitation that another request has joined', async () => {
    const { invitations, rings, start, register, invite, last } = setUp();
    register('bob', 'web');
    const { inviter } = start();
    const { id } = first(await invite(inviter, ['bob']));
    inviter.invite(ALICE, [invitations.invitations.get(id) ?? assert.fail()]);
    await last().end('busy');
    inviter.invite(ALICE, [invitations.invitations.get(id) ?? assert.fail()]);
    await settle();
    assert.equal(rings.length, 1);
  });

  it('calls nobody before it is written down', async () => {
    const { invitations, rings, start, register, invite, shown } = setUp();
    register('bob', 'web');
    const advance = mock.method(invitations, 'advance', async () => {
      throw new RoomlineError('unavailable', 'the database does not answer');
    });
    const invitation = first(await invite(start().inviter, ['bob']));
    await pass(5000);
    assert.equal(rings.length, 0);
    advance.mock.restore();
    await pass(5000);
    assert.equal(rings.length, 1);
    assert.equal(shown(invitation), 'ringing 1');
  });

  it('writes down how it ended once the database takes it', async () => {
    const { invitations, start, register, invite, shown, last, told } = setUp();
    register('bob', 'web');
    const invitation = first(await invite(start().inviter, ['bob']));
    const advance = mock.method(invitations, 'advance', async () => {
      throw new RoomlineError('unavailable', 'the database does not answer');
    });
    await last().end('declined');
    assert.equal(shown(invitation), 'ringing 1');
    advance.mock.restore();
    await pass(1000);
    assert.equal(shown(invitation), 'declined 1');
    assert.equal(told.at(-1), `${invitation.id} declined`);
  });

  it('writes no telephone number in full to the log', async () => {
    const log: string[] = [];
    const { start, invite, last } = setUp({ telephone: true, log });
    await invite(start().inviter, ['bob', { tel: TEL }]);
    await last().end('busy');
    assert.ok(log.some((line) => line.includes('tel:+493012****')));
    assert.ok(!log.some((line) => line.includes(TEL)));
  });

  describe('that its gateway leaves behind', () => {
    /** Everybody in a state of their own, as a gateway that was killed leaves them. */
    async function leave(world: ReturnType<typeof setUp>) {
      for (const name of ['bob', 'carol', 'dave', 'erin', 'frank']) world.register(name, 'web');
      const { inviter } = world.start();
      const made = await world.invite(inviter, ['bob', 'carol', 'dave', 'erin', 'frank']);
      const [bob, carol, dave, erin, frank] = made;
      assert.ok(bob && carol && dave && erin && frank);
      await world.rings[0]?.end('busy');
      await world.rings[1]?.end('declined');
      assert.deepEqual([bob, carol, dave, erin, frank].map(world.shown), [
        'busy 1 in 60000 ms',
        'declined 1',
        'ringing 1',
        'ringing 1',
        'ringing 1',
      ]);
      return { bob, carol, dave, erin, frank, inviter };
    }

    it('is taken up by the next: who was called is called once more, a little later, and nobody is forgotten', async () => {
      const world = setUp();
      const { rings, shown } = world;
      const { bob, carol, dave, erin, frank } = await leave(world);
      const { enter } = world.start();
      await settle();
      enter('erin');
      await settle();
      assert.deepEqual([bob, carol, dave, frank].map(shown), [
        'busy 1 in 60000 ms',
        'declined 1',
        'queued interrupted 1 in 5000 ms',
        'queued interrupted 1 in 5000 ms',
      ]);
      assert.equal(shown(erin), 'joined 1');
      assert.equal(rings.length, 5);
      await pass(5000);
      assert.deepEqual(
        rings
          .slice(5)
          .map(({ phones }) => phones[0])
          .sort(),
        ['dave web', 'frank web'],
      );
      assert.deepEqual([dave, frank].map(shown), ['ringing 2', 'ringing 2']);
      for (const ring of rings.slice(5)) await ring.end('no-answer');
      assert.deepEqual([dave, frank].map(shown), ['no-answer 2 in 60000 ms', 'no-answer 2 in 60000 ms']);
    });

    it('is not called twice for one try by two that take it up at once', async () => {
      const world = setUp();
      const { dave, frank } = await leave(world);
      world.start();
      world.start();
      await settle();
      await pass(5000);
      for (const [name, invitation] of Object.entries({ dave, frank })) {
        const calls = world.rings.slice(5).filter(({ phones }) => phones[0] === `${name} web`);
        assert.equal(calls.length, 1);
        assert.equal(world.shown(invitation), 'ringing 2');
      }
    });

    it('is called once, and can be cancelled, where it is handed over while it is taken up', async () => {
      const world = setUp();
      world.register('bob', 'web');
      const created = world.invitations.create(ROOM.number, toUser('bob'));
      const find = world.users.findByName;
      world.users.findByName = (name) => {
        // The inviter is looked up: what is left behind was read before.
        inviter.invite(ALICE, created);
        return find(name);
      };
      const { inviter } = world.start();
      await settle();
      await settle();
      assert.equal(world.rings.length, 1);
      for (const { id } of created) inviter.cancel(id);
      assert.deepEqual(world.last().stopped, {});
    });

    it('is left alone where another voice server takes the calls, and taken up when that one has gone', async () => {
      const world = setUp();
      const { dave } = await leave(world);
      let which: TakeUp = 'none';
      world.start(async () => which);
      await pass(5000);
      assert.equal(world.shown(dave), 'ringing 1');
      which = 'all';
      await pass(500);
      assert.equal(world.shown(dave), 'queued interrupted 1 in 5000 ms');
    });

    it('is left to the others beside it for as long as they may be seeing to it', async () => {
      const world = setUp();
      const { dave } = await leave(world);
      world.start(async () => 'abandoned');
      await pass(5000);
      assert.equal(world.shown(dave), 'ringing 1');
      await pass(200_000);
      await pass(500);
      assert.match(world.shown(dave), /^queued interrupted 1/);
    });

    it('is given back to an elder that takes the calls again, but for what rings', async () => {
      const world = setUp();
      const { register, rings, shown, invite } = world;
      register('bob', 'web');
      register('carol', 'web');
      let which: TakeUp = 'all';
      const { inviter } = world.start(async () => which);
      const [bob, carol] = await invite(inviter, ['bob', 'carol']);
      assert.ok(bob && carol);
      await rings[0]?.end('busy');
      which = 'none';
      await pass(10_000);
      await pass(60_000);
      assert.equal(rings.length, 2);
      assert.deepEqual([shown(bob), shown(carol)], ['busy 1 in -10000 ms', 'ringing 1']);
      await rings[1]?.end('joined');
      assert.equal(shown(carol), 'joined 1');
    });

    it('is cancelled at the phones when it stops in good order, and goes on with the next', async () => {
      const world = setUp();
      const { bob, carol, dave, frank, inviter } = await leave(world);
      await inviter.stop();
      assert.deepEqual([bob, carol, dave, frank].map(world.shown), [
        'busy 1 in 60000 ms',
        'declined 1',
        'queued interrupted 1',
        'queued interrupted 1',
      ]);
      assert.ok(world.rings.slice(2).every(({ stopped }) => stopped !== undefined));
      inviter.invite(ALICE, world.invitations.create(ROOM.number, toUser('bob')));
      await pass(60_000);
      assert.equal(world.rings.length, 5);
      world.start();
      await settle();
      await pass(5000);
      assert.equal(world.shown(dave), 'ringing 2');
    });

    it('rings nobody about what is long over', async () => {
      const world = setUp();
      const { bob, dave, inviter } = await leave(world);
      await inviter.stop();
      await pass(2 * 3600_000);
      world.start();
      await pass(5000);
      assert.deepEqual([bob, dave].map(world.shown), ['failed interrupted 1', 'failed interrupted 1']);
      assert.equal(world.rings.length, 5);
    });

    it('has failed when its inviter is gone', async () => {
      const world = setUp();
      world.register('bob', 'web');
      const invitation = first(world.invitations.create(ROOM.number, toUser('bob')));
      world.invitations.invitations.set(invitation.id, {
        ...invitation,
        inviter: { id: 'id-nobody', name: 'nobody' },
      });
      world.start();
      await pass(5000);
      assert.equal(world.shown(invitation), 'failed inviter-gone 0');
      assert.equal(world.rings.length, 0);
    });
  });
});

import assert from 'node:assert/strict';
import { tallyInvitations } from '../../gateway/roles/invitation-tally.js';
import { createAccessEvents } from '../../gateway/rooms/access-events.js';
import type { ContactBinding, FlowTransport } from '../../gateway/rooms/contact-binding.js';
import type { Invitation } from '../../gateway/rooms/invitations.js';
import { createDialOut } from '../../gateway/sip/dial-out.js';
import { DialledIn } from '../../gateway/sip/dialled-in.js';
import { createDoorkeeper } from '../../gateway/sip/doorkeeper.js';
import { createInviteeLookup } from '../../gateway/sip/invitee-lookup.js';
import { RingingInviter } from '../../gateway/sip/inviter.js';
import type { Leg } from '../../gateway/sip/leg.js';
import { silentLog } from '../support/silent-log.js';
import { FakeCaller, FakeRequest } from './fake-calls.js';
import { finder, MemoryContacts, MemoryInvitations, OFFER, ROOM, settle, user, users } from './fakes.js';
import { setUpFocuses } from './focuses-world.js';

export const ALICE = user('alice');
export const NAMES = ['bob', 'carol', 'dave', 'erin', 'frank'];
export const ELSEWHERE = { Reason: 'SIP;cause=200;text="Call completed elsewhere"' };

/** Takes down what a test has set up. */
export const stops: (() => Promise<void>)[] = [];

export function setUp(options: { maxParticipants?: number; room?: Partial<typeof ROOM> } = {}) {
  const { media, roster, focuses } = setUpFocuses(options);
  const contacts = new MemoryContacts();
  const invitations = new MemoryInvitations();
  const server = new FakeCaller();
  const dead: string[] = [];
  const told: string[] = [];
  const figures = tallyInvitations(roster);
  roster.events.on('invitation.updated', ({ invitation: { id, state, cause } }) => {
    told.push([id, state, cause].filter((part) => part !== undefined).join(' '));
  });
  const events = createAccessEvents();
  const guard = {
    epoch: 0,
    confirmed: [] as Leg[],
    confirm: (leg: Leg) => void guard.confirmed.push(leg),
    assertAdmitted: async () => {},
  };
  const everybody = users(ALICE, ...NAMES.map((name) => user(name)));
  const inviter = new RingingInviter({
    events,
    invitations,
    users: everybody,
    lookUp: createInviteeLookup({
      users: everybody,
      contacts,
      guard,
      roster,
      doorkeeper: createDoorkeeper(finder([{ ...ROOM, ...options.room }]), invitations),
      quietHours: null,
    }),
    roster,
    dialOut: createDialOut({
      server,
      focuses,
      guard,
      confirm: async () => 'accepted',
      redirect: async () => undefined,
      host: '127.0.0.1',
      ringMs: 30_000,
      autoAnswer: 'off',
      onDeadContact: ({ contactUri }) => dead.push(contactUri),
      log: silentLog,
    }),
    outsideLine: { place: async () => ({ refused: 'no-trunk' }) },
    // What comes of more than one try is checked apart from how phones ring.
    rules: { tries: 1, retryMs: 60_000, snoozeMs: 300_000 },
    ringingPerRoom: 3,
    ringingAtOnce: 50,
    ringMs: 30_000,
    whichToTakeUp: async () => 'all',
    log: silentLog,
  });
  stops.push(() => inviter.stop());

  function register(name: string, device = 'web', transport: FlowTransport = 'ws'): ContactBinding {
    const binding: ContactBinding = {
      userId: `id-${name}`,
      userName: name,
      contactUri: `sip:${device}@${name}.invalid;transport=${transport}`,
      callId: device,
      cseq: 1,
      transport,
      sourceAddress: '127.0.0.1',
      sourcePort: 4000 + contacts.bindings.length,
      userAgent: '',
      registeredAt: new Date(),
      expiresAt: new Date(Date.now() + 60_000),
    };
    contacts.bindings.push(binding);
    return binding;
  }
  async function invite(...names: string[]): Promise<Invitation[]> {
    const created = invitations.create(ROOM.number, ...names.map(toUser));
    inviter.invite(ALICE, created);
    await settle();
    return created;
  }
  const stateOf = ({ id }: Pick<Invitation, 'id'>) => {
    const { state, cause, tries } = invitations.invitations.get(id) ?? assert.fail();
    return [state, ...(cause === undefined ? [] : [cause]), tries].join(' ');
  };
  async function dialIn(name: string): Promise<void> {
    const origin = new DialledIn(new FakeRequest({ method: 'INVITE', body: OFFER }));
    const identity = { user: user(name) };
    await focuses.add(ROOM, { id: `leg-${name}`, origin, identity, device: 'desk-phone', role: 'speaker' }).start();
    await settle();
  }
  return {
    media,
    roster,
    contacts,
    events,
    guard,
    invitations,
    server,
    focuses,
    inviter,
    dead,
    told,
    figures,
    register,
    invite,
    stateOf,
    dialIn,
  };
}

export function toUser(name: string): Invitation['to'] {
  return { user: { id: `id-${name}`, name } };
}

export function first<T>(list: readonly T[]): T {
  return list[0] ?? assert.fail('there is none');
}

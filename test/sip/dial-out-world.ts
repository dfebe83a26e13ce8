import assert from 'node:assert/strict';
import { RoomlineError } from '../../gateway/errors.js';
import type { ContactBinding, FlowTransport } from '../../gateway/rooms/contact-binding.js';
import type { User } from '../../gateway/rooms/user.js';
import type { AnsweredCall } from '../../gateway/sip/answered-call.js';
import type { Confirmation, ConfirmContext } from '../../gateway/sip/confirm.js';
import { type AutoAnswer, createDialOut, type RingOptions } from '../../gateway/sip/dial-out.js';
import type { OutsideInvite } from '../../gateway/sip/outside-line.js';
import type { RedirectTarget } from '../../gateway/sip/redirect.js';
import { silentLog } from '../support/silent-log.js';
import { FakeCaller } from './fake-calls.js';
import { binding, ROOM, settle, user } from './fakes.js';
import { setUpFocuses } from './focuses-world.js';

export const ALICE = user('alice');
export const BOB: User = user('bob');
export const COMPLETED = { Reason: 'SIP;cause=200;text="Call completed elsewhere"' };
export const DECLINED = { Reason: 'SIP;cause=603;text="Declined elsewhere"' };

/** Somebody who is asked whether they join, until a test answers for them. */
interface Asked {
  readonly call: AnsweredCall;
  readonly context: ConfirmContext;
  answer(confirmation: Confirmation): void;
}

/** Takes down what a test has set up. */
const stops: (() => Promise<void>)[] = [];

/** After each test: nobody is called or asked any more. */
export async function endCalls(): Promise<void> {
  await Promise.all(stops.splice(0).map((stop) => stop()));
}

export function setUp(options: { maxParticipants?: number; confirmMs?: number; autoAnswer?: AutoAnswer } = {}) {
  const { media, roster, focuses } = setUpFocuses(options);
  const server = new FakeCaller();
  const asked: Asked[] = [];
  stops.push(() => {
    for (const { answer: say } of asked) say('hung-up');
    return focuses.endAll('shutdown');
  });
  const progress: string[] = [];
  const world = { redirectTo: undefined as RedirectTarget | undefined, redirected: Promise.resolve(), admits: true };
  const redirects: (readonly string[])[] = [];
  const dialOut = createDialOut({
    server,
    focuses,
    guard: {
      confirm: () => undefined,
      assertAdmitted: async () => {
        if (!world.admits) throw new RoomlineError('forbidden', 'not any more', { code: 'not-admitted' });
      },
    },
    confirm: (call, context) =>
      new Promise((resolve) => {
        asked.push({ call, context, answer: resolve });
        context.onStarted();
      }),
    redirect: async (contacts) => {
      redirects.push(contacts);
      await world.redirected;
      return world.redirectTo;
    },
    host: '127.0.0.1',
    ringMs: 30_000,
    confirmMs: options.confirmMs ?? 60_000,
    autoAnswer: options.autoAnswer ?? 'off',
    onDeadContact: () => undefined,
    log: silentLog,
  });

  async function ring(contacts: readonly ContactBinding[], more: Partial<RingOptions> = {}) {
    const ringing = dialOut({
      room: ROOM,
      identity: { user: BOB },
      role: 'speaker',
      inviter: ALICE,
      contacts,
      since: 0,
      onProgress: (state) => progress.push(state),
      ...more,
    });
    await settle();
    return ringing;
  }
  const call = (index: number) => server.calls[index] ?? assert.fail(`no call ${index}`);
  const asking = (index = 0) => asked[index] ?? assert.fail(`nobody was asked ${index}`);
  async function answer(index: number): Promise<void> {
    call(index).answer();
    await settle();
  }
  async function says(confirmation: Confirmation, index = 0): Promise<void> {
    asking(index).answer(confirmation);
    await settle();
  }
  const inRoom = () => roster.participants(ROOM.number).map(({ user: name, device }) => `${name} ${device}`);
  return {
    media,
    roster,
    server,
    focuses,
    asked,
    progress,
    world,
    redirects,
    ring,
    call,
    asking,
    answer,
    says,
    inRoom,
  };
}

export function phone(device: string, transport: FlowTransport = 'udp'): ContactBinding {
  return binding(BOB, device, transport);
}

export function line(tel = '+4930123456'): OutsideInvite & { released: number } {
  const placed = {
    trunk: 'provider',
    tel,
    language: 'de',
    invite: {
      uri: `sip:${tel}@trunk.example.com`,
      from: `"ALICE (Engineering)" <sip:+4930999@trunk.example.com>`,
      to: `<sip:${tel}@trunk.example.com>`,
      target: { address: '192.0.2.9', port: 5060, transport: 'udp' as const },
      headers: { 'P-Asserted-Identity': '<sip:+4930999@trunk.example.com>' },
      credentials: { username: 'us', password: 'secret' },
    },
    released: 0,
    release: () => void placed.released++,
  };
  return placed;
}

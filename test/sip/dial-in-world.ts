import assert from 'node:assert/strict';
import type { Room, Standing } from '../../gateway/rooms/room.js';
import { createDialIn } from '../../gateway/sip/dial-in.js';
import { createDoorkeeper } from '../../gateway/sip/doorkeeper.js';
import type { PhoneIdentity } from '../../gateway/sip/identity.js';
import type { Leg } from '../../gateway/sip/leg.js';
import type { Lobby, TrunkCall } from '../../gateway/sip/lobby.js';
import { createReception } from '../../gateway/sip/reception.js';
import type { Reply } from '../../gateway/sip/sip-server.js';
import { silentLog } from '../support/silent-log.js';
import { FakeRequest, type FakeRequestOptions } from './fake-calls.js';
import { finder, MemoryInvitations, OFFER, ROOM, user } from './fakes.js';
import { setUpFocuses } from './focuses-world.js';

export const SDP = { 'content-type': 'application/sdp' };

export function setUp(
  options: {
    caller?: PhoneIdentity;
    room?: Partial<Room>;
    standing?: Standing;
    challenge?: Reply;
    maxParticipants?: number;
    trunk?: TrunkCall | { reply: Reply };
    /** What the lobby does with those who come. */
    lobby?: Lobby;
    lobbyMs?: number;
  } = {},
) {
  const { media, roster, focuses } = setUpFocuses(options);
  const lookups: string[] = [];
  const world = { draining: false, lookup: Promise.resolve() };
  const guard = { epoch: 3, confirm: (leg: Leg, since: number) => void confirmed.push([leg.room, since]) };
  const confirmed: [string, number][] = [];
  const rooms = finder([{ ...ROOM, ...options.room }], {
    standing: options.standing,
    async onLook(number) {
      lookups.push(number);
      await world.lookup;
    },
  });
  const doorkeeper = createDoorkeeper(rooms, new MemoryInvitations());
  const { lobby = async () => assert.fail('nobody shall be in the lobby'), lobbyMs = 60_000 } = options;
  const dialIn = createDialIn({
    identifyTrunk: async () => options.trunk,
    reception: createReception({ lobby, focuses, doorkeeper, guard, log: silentLog, lobbyMs }),
    accessNumbers: ['1000'],
    rooms,
    authenticate: async () =>
      options.challenge === undefined
        ? { authenticated: true, identity: options.caller ?? { user: user('alice') }, device: 'desk-phone' }
        : { authenticated: false, reply: options.challenge },
    guard,
    doorkeeper,
    focuses,
    minSessionSeconds: 90,
    draining: () => world.draining,
  });
  async function call(request: Partial<FakeRequestOptions> = {}): Promise<FakeRequest> {
    const invite = new FakeRequest({ method: 'INVITE', headers: SDP, body: OFFER, ...request });
    await dialIn(invite);
    return invite;
  }
  return { media, roster, lookups, focuses, world, guard, confirmed, dialIn, call };
}

export async function statusOf(answered: Promise<FakeRequest>): Promise<number> {
  const invite = await answered;
  assert.equal(invite.replies.length, 1);
  return invite.reply1.status;
}

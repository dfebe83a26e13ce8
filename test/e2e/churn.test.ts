import assert from 'node:assert/strict';
import { Caller } from '../support/caller.js';
import { eventually } from '../support/eventually.js';
import { GatewayProcess } from '../support/gateway.js';
import { openFiles, residentMegabytes } from '../support/process-tree.js';
import { type RtpengineProcess, rtpengineCalls, rtpengineOf } from '../support/rtpengine-calls.js';

const USERS = ['alice', 'bob', 'carol', 'dave'];
const MOST_AT_ONCE = 12;
/** What a heap may grow by without anything having leaked. */
const SPARE_MEGABYTES = 24;

interface Joined {
  readonly caller: Caller;
  readonly id: string;
}

describe('fifty joins and leaves in random order', function () {
  this.timeout(120_000);
  let gateway: GatewayProcess;
  let rtpengine: RtpengineProcess;
  let number: string;

  const participants = async () => (await gateway.api.room('alice', number)).participants;
  const state = () => ({
    gatewayFiles: openFiles(gateway.child.pid),
    rtpengineFiles: openFiles(rtpengine.pid),
    gatewayMegabytes: residentMegabytes(gateway.child.pid),
  });

  before(async () => {
    gateway = await GatewayProcess.start();
    rtpengine = rtpengineOf(gateway.child.pid);
    number = await gateway.api.roomNumber('alice', 'engineering');
  });
  after(() => gateway?.stop());

  /** Lets one more in, and finds out which participant that is. */
  async function join(user: string, transport: 'udp' | 'tcp', frequencyHz: number): Promise<Joined> {
    const before = new Set((await participants()).map(({ id }) => id));
    const caller = await Caller.enter(number, { server: gateway.sip, user, transport, rtp: { frequencyHz } });
    const isNew = async () => (await participants()).find(({ id }) => !before.has(id))?.id;
    const id = await eventually('the newcomer to be in the room', isNew, (found) => found !== undefined);
    return { caller, id: id ?? '' };
  }

  /** Every second one leaves by BYE, the others are sent out over the API. */
  async function leave({ caller, id }: Joined, byApi: boolean): Promise<void> {
    if (!byApi) return caller.leave();
    const reply = await gateway.api.request('alice', 'DELETE', `/v1/rooms/${number}/participants/${id}`);
    assert.equal(reply.status, 204);
    await caller.call.awaitBye();
    await caller.close();
  }

  async function fiftyJoinsAndLeaves(random: () => number): Promise<void> {
    const joined: Joined[] = [];
    try {
      for (let joins = 0, leaves = 0; leaves < 50; ) {
        const full = joined.length === MOST_AT_ONCE || joins === 50;
        if (!full && (joined.length === 0 || random() < 0.6)) {
          const user = USERS[joins % USERS.length] ?? 'alice';
          const transport = random() < 0.5 ? 'udp' : 'tcp';
          joined.push(await join(user, transport, 300 + 26 * joins));
          joins++;
        } else {
          const [leaver] = joined.splice(Math.floor(random() * joined.length), 1);
          if (leaver !== undefined) await leave(leaver, leaves % 2 === 1);
          leaves++;
        }
      }
    } finally {
      for (const { caller } of joined) await caller.close();
    }
    await eventually('the room to be empty', participants, ({ length }) => length === 0);
    await eventually(
      'rtpengine to have no calls',
      () => rtpengineCalls(rtpengine),
      (calls) => calls === 0,
    );
  }

  it('leave sockets, memory and rtpengine as they were', async () => {
    const seed = Date.now() % 1_000_000;
    // The first fifty fill caches and pools: what is compared is what comes after.
    await fiftyJoinsAndLeaves(randomFrom(seed));
    const before = state();
    await fiftyJoinsAndLeaves(randomFrom(seed + 1));
    const isAsBefore = (now: ReturnType<typeof state>) =>
      now.gatewayFiles <= before.gatewayFiles &&
      now.rtpengineFiles <= before.rtpengineFiles &&
      now.gatewayMegabytes <= before.gatewayMegabytes + SPARE_MEGABYTES;
    const what = `all to be as before ${JSON.stringify(before)}, random from ${seed}`;
    await eventually(what, state, isAsBefore, 30_000);
  });
});

/** Mulberry32: the same seed makes the same order again. */
function randomFrom(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

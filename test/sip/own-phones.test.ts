import assert from 'node:assert/strict';
import { RoomlineError } from '../../gateway/errors.js';
import type { FlowTransport } from '../../gateway/rooms/contact-binding.js';
import type { RingOptions, RingOutcome } from '../../gateway/sip/dial-out.js';
import { createDoorkeeper } from '../../gateway/sip/doorkeeper.js';
import { createOwnPhones } from '../../gateway/sip/own-phones.js';
import { silentLog } from '../support/silent-log.js';
import { binding, finder, MemoryContacts, MemoryInvitations, ROOM, user, users } from './fakes.js';

const ALICE = user('alice');

function setUp(options: { draining?: boolean; outcome?: Promise<RingOutcome> } = {}) {
  const contacts = new MemoryContacts();
  const rung: RingOptions[] = [];
  const phones = createOwnPhones({
    users: users(ALICE, user('erin', ['sales'])),
    contacts,
    doorkeeper: createDoorkeeper(finder([ROOM]), new MemoryInvitations()),
    guard: { epoch: 7 },
    dialOut: (ring) => {
      rung.push(ring);
      return { outcome: options.outcome ?? Promise.resolve({ state: 'joined' }), stop: () => undefined };
    },
    draining: () => options.draining ?? false,
    log: silentLog,
  });
  function register(name: string, device: string, transport: FlowTransport): void {
    contacts.bindings.push(binding(user(name), device, transport));
  }
  return { phones, rung, register };
}

function code(expected: string, kind: string) {
  return (error: unknown) => error instanceof RoomlineError && error.code === expected && error.kind === kind;
}

describe('calling my own phone', () => {
  it('rings all my desk phones and no browser, into my room, as I may be there', async () => {
    const { phones, rung, register } = setUp();
    register('alice', 'web', 'ws');
    register('alice', 'desk', 'udp');
    register('alice', 'dect', 'tls');
    register('erin', 'other', 'udp');
    await phones.callOwnPhone(ALICE, ROOM);
    const [ring] = rung;
    assert.equal(rung.length, 1);
    assert.deepEqual(
      ring?.contacts.map(({ contactUri }) => contactUri),
      ['sip:desk@192.0.2.1', 'sip:dect@192.0.2.1'],
    );
    assert.equal(ring?.ownCall, true);
    assert.equal(ring?.role, 'speaker');
    assert.equal(ring?.since, 7);
    assert.deepEqual(ring?.identity, { user: ALICE });
  });

  it('lets them ring when I ask again meanwhile, and rings them anew after that', async () => {
    let end: (outcome: RingOutcome) => void = () => undefined;
    const outcome = new Promise<RingOutcome>((resolve) => {
      end = resolve;
    });
    const { phones, rung, register } = setUp({ outcome });
    register('alice', 'desk', 'udp');
    await Promise.all([phones.callOwnPhone(ALICE, ROOM), phones.callOwnPhone(ALICE, ROOM)]);
    await phones.callOwnPhone(ALICE, ROOM);
    assert.equal(rung.length, 1);
    end({ state: 'no-answer' });
    await outcome;
    await phones.callOwnPhone(ALICE, ROOM);
    assert.equal(rung.length, 2);
  });

  it('says so when none is registered', async () => {
    const { phones, rung, register } = setUp();
    register('alice', 'web', 'ws');
    await assert.rejects(phones.callOwnPhone(ALICE, ROOM), code('no-desk-phone', 'conflict'));
    assert.equal(rung.length, 0);
  });

  it('does not call into a room the asker may not enter, or that is none', async () => {
    const { phones, rung, register } = setUp();
    register('erin', 'desk', 'udp');
    await assert.rejects(phones.callOwnPhone(user('erin'), ROOM), code('not-a-member', 'forbidden'));
    await assert.rejects(phones.callOwnPhone(ALICE, { number: '4999' }), code('room-not-found', 'not-found'));
    await assert.rejects(phones.callOwnPhone(user('nobody'), ROOM), code('no-such-user', 'not-found'));
    assert.equal(rung.length, 0);
  });

  it('calls nobody while the gateway ends', async () => {
    const { phones, rung, register } = setUp({ draining: true });
    register('alice', 'desk', 'udp');
    await assert.rejects(phones.callOwnPhone(ALICE, ROOM), code('unavailable', 'unavailable'));
    assert.equal(rung.length, 0);
  });
});

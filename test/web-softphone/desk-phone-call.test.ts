import assert from 'node:assert/strict';
import { mock } from 'node:test';
import type { CallState } from '../../web-softphone/phone/call-state.js';
import { DeskPhoneCall } from '../../web-softphone/phone/desk-phone-call.js';
import type { Ticket } from '../../web-softphone/phone/entrance.js';
import { ProblemError } from '../../web-softphone/phone/problem.js';

const TICKET: Ticket = {
  room: { number: '2000', kind: 'group', title: 'Engineering', uri: 'sip:2000@127.0.0.1', hasPin: false },
};

describe('being in a room by one’s desk phone', () => {
  let states: CallState[];
  let hungUp: number;
  let opened: () => Promise<Ticket>;
  let call: DeskPhoneCall;

  beforeEach(() => {
    states = [];
    hungUp = 0;
    opened = async () => TICKET;
    call = new DeskPhoneCall({
      open: () => opened(),
      onState: (state) => states.push(state),
      onTicket: ({ room }) => assert.equal(room.number, '2000'),
      hangUp: () => {
        hungUp += 1;
      },
    });
  });
  afterEach(() => {
    call.end();
    mock.timers.reset();
  });

  it('begins when the room tells of it, and ends when the user leaves', async () => {
    await call.enter();
    assert.deepEqual(states, ['requesting', 'ringing']);
    call.follow(false);
    call.follow(true);
    call.follow(true);
    call.leave();
    assert.deepEqual(states, ['requesting', 'ringing', 'in-room', 'ended']);
    assert.equal(hungUp, 1);
    assert.equal(call.problem, undefined);
  });

  it('goes on when the page has no more to do with it', async () => {
    await call.enter();
    call.follow(true);
    call.release();
    assert.equal(call.state, 'ended');
    assert.equal(hungUp, 0);
  });

  it('has ended when the room tells of everybody else only', async () => {
    await call.enter();
    call.follow(true);
    call.follow(false);
    assert.deepEqual(call.problem, { code: 'ended-by-room' });
  });

  it('says why there is none', async () => {
    opened = () => Promise.reject(new ProblemError({ code: 'no-desk-phone' }));
    await call.enter();
    assert.deepEqual(states, ['requesting', 'ended']);
    assert.deepEqual(call.problem, { code: 'no-desk-phone' });
  });

  it('gives up when nobody picks up', async () => {
    mock.timers.enable({ apis: ['setTimeout'] });
    await call.enter();
    mock.timers.tick(89_000);
    assert.equal(call.state, 'ringing');
    mock.timers.tick(2_000);
    assert.deepEqual(call.problem, { code: 'desk-phone-silent' });
  });

  it('does not ring on the page when it was left before the room was found', async () => {
    let find: (ticket: Ticket) => void = () => undefined;
    opened = () =>
      new Promise((resolve) => {
        find = resolve;
      });
    const entering = call.enter();
    call.leave();
    find(TICKET);
    await entering;
    assert.deepEqual(states, ['requesting', 'ended']);
  });
});

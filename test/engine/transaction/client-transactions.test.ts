import assert from 'node:assert/strict';
import { serialise } from '../../../gateway/engine/message/message.js';
import { InviteClientTransaction } from '../../../gateway/engine/transaction/invite-client.js';
import { NonInviteClientTransaction } from '../../../gateway/engine/transaction/non-invite-client.js';
import type { Hop } from '../../../gateway/engine/transport/connection.js';
import { Bench, makeRequest, reliableHop, responseTo, UDP_HOP } from './transaction-bench.js';

function setUp(method: string, hop: Hop = UDP_HOP) {
  const bench = new Bench();
  const request = makeRequest(method);
  const setup = {
    request,
    bytes: serialise(request),
    hop,
    wire: bench.wire,
    user: bench.user,
    terminated: () => bench.told.push(`${bench.clock.now()} terminated`),
  };
  return { bench, request, setup };
}

function invite(hop?: Hop) {
  const { bench, request, setup } = setUp('INVITE', hop);
  const transaction = new InviteClientTransaction(setup);
  transaction.start();
  const receive = (status: number, tag?: string) =>
    transaction.receive(responseTo(request, status, tag), hop ?? UDP_HOP);
  return { bench, transaction, receive };
}

function options(hop?: Hop) {
  const { bench, request, setup } = setUp('OPTIONS', hop);
  const transaction = new NonInviteClientTransaction(setup);
  transaction.start();
  const receive = (status: number) => transaction.receive(responseTo(request, status), hop ?? UDP_HOP);
  return { bench, transaction, receive };
}

describe('an INVITE client transaction (RFC 3261 17.1.1, RFC 6026 7.2)', () => {
  it('repeats at T1, doubling, until timer B gives up after 64*T1', () => {
    const { bench, transaction } = invite();
    bench.clock.advance(40_000);
    assert.deepEqual(bench.times, [0, 500, 1500, 3500, 7500, 15_500, 31_500]);
    assert.deepEqual(bench.told, ['32000 terminated', '32000 timed out']);
    assert.equal(transaction.state, 'terminated');
    assert.equal(bench.clock.pending, 0);
  });

  it('repeats nothing over a connection and still gives up after 64*T1', () => {
    const { bench } = invite(reliableHop().hop);
    bench.clock.advance(40_000);
    assert.deepEqual(bench.times, [0]);
    assert.deepEqual(bench.told, ['32000 terminated', '32000 timed out']);
  });

  it('stops repeating and waits without end once there is a provisional answer', () => {
    const { bench, transaction, receive } = invite();
    bench.clock.advance(600);
    receive(180);
    bench.clock.advance(600_000);
    assert.deepEqual(bench.times, [0, 500]);
    assert.equal(transaction.state, 'proceeding');
    assert.deepEqual(bench.told, ['600 180']);
  });

  it('acknowledges a refusal, repeats the ACK for each repetition, and ends with timer D', () => {
    const { bench, transaction, receive } = invite();
    receive(100);
    receive(486);
    bench.clock.advance(1000);
    receive(486);
    assert.equal(transaction.state, 'completed');
    assert.deepEqual(bench.trace, ['0 INVITE sip:b@127.0.0.1', '0 ACK sip:b@127.0.0.1', '1000 ACK sip:b@127.0.0.1']);
    bench.clock.advance(32_000);
    assert.deepEqual(bench.told, ['0 100', '0 486', '32000 terminated']);
    receive(486);
    assert.equal(bench.trace.length, 3);
    assert.equal(bench.clock.pending, 0);
  });

  it('has no timer D over a connection', () => {
    const { bench, transaction, receive } = invite(reliableHop().hop);
    receive(404);
    assert.equal(transaction.state, 'terminated');
    assert.equal(bench.clock.pending, 0);
  });

  it('passes every 2xx on, without an ACK of its own, until timer M', () => {
    const { bench, transaction, receive } = invite();
    receive(200);
    bench.clock.advance(500);
    receive(200);
    receive(200, 'fork');
    receive(180);
    receive(486);
    assert.equal(transaction.state, 'accepted');
    assert.deepEqual(bench.told, ['0 200', '500 200', '500 200']);
    assert.deepEqual(bench.times, [0]);
    bench.clock.advance(31_500);
    assert.deepEqual(bench.told.at(-1), '32000 terminated');
    assert.equal(bench.clock.pending, 0);
  });

  it('fails at once when its connection is lost, also while it rings', () => {
    const { hop, connection } = reliableHop();
    const { bench, receive } = invite(hop);
    receive(180);
    connection.close();
    assert.deepEqual(bench.told, ['0 180', '0 terminated', '0 failed']);
    assert.equal(bench.clock.pending, 0);
  });

  it('is not troubled by a connection lost after the answer', () => {
    const { hop, connection } = reliableHop();
    const { bench, receive } = invite(hop);
    receive(200);
    connection.close();
    assert.deepEqual(bench.told, ['0 200']);
  });

  it('fails when a repetition cannot be sent', () => {
    const { bench } = invite();
    bench.failNext = true;
    bench.clock.advance(500);
    assert.deepEqual(bench.told, ['500 terminated', '500 failed']);
  });

  it('says nothing more once abandoned', () => {
    const { bench, transaction, receive } = invite();
    transaction.abandon();
    receive(200);
    bench.clock.advance(60_000);
    assert.deepEqual(bench.told, ['0 terminated']);
    assert.equal(bench.clock.pending, 0);
  });
});

describe('a non-INVITE client transaction (RFC 3261 17.1.2)', () => {
  it('repeats at T1, doubling up to T2, until timer F gives up after 64*T1', () => {
    const { bench } = options();
    bench.clock.advance(40_000);
    assert.deepEqual(bench.times, [0, 500, 1500, 3500, 7500, 11_500, 15_500, 19_500, 23_500, 27_500, 31_500]);
    assert.deepEqual(bench.told, ['32000 terminated', '32000 timed out']);
    assert.equal(bench.clock.pending, 0);
  });

  it('repeats every T2 after a provisional answer', () => {
    const { bench, receive } = options();
    bench.clock.advance(100);
    receive(100);
    bench.clock.advance(9_000);
    assert.deepEqual(bench.times, [0, 500, 4500, 8500]);
  });

  it('absorbs repeated answers until timer K', () => {
    const { bench, transaction, receive } = options();
    receive(200);
    receive(200);
    assert.equal(transaction.state, 'completed');
    bench.clock.advance(5_000);
    assert.deepEqual(bench.told, ['0 200', '5000 terminated']);
    assert.deepEqual(bench.times, [0]);
    assert.equal(bench.clock.pending, 0);
  });

  it('repeats nothing over a connection and ends with the answer', () => {
    const { bench, transaction, receive } = options(reliableHop().hop);
    bench.clock.advance(10_000);
    receive(404);
    assert.deepEqual(bench.times, [0]);
    assert.equal(transaction.state, 'terminated');
    assert.equal(bench.clock.pending, 0);
  });

  it('fails at once when its connection is lost', () => {
    const { hop, connection } = reliableHop();
    const { bench } = options(hop);
    connection.close();
    assert.deepEqual(bench.told, ['0 terminated', '0 failed']);
  });
});

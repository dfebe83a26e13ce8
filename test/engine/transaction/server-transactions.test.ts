import assert from 'node:assert/strict';
import { Headers } from '../../../gateway/engine/message/headers.js';
import { NO_BODY, type SipResponse } from '../../../gateway/engine/message/message.js';
import { InviteServerTransaction } from '../../../gateway/engine/transaction/invite-server.js';
import { NonInviteServerTransaction } from '../../../gateway/engine/transaction/non-invite-server.js';
import type { Hop } from '../../../gateway/engine/transport/connection.js';
import { Bench, incoming, makeRequest, reliableHop, UDP_HOP } from './transaction-bench.js';

function response(status: number): SipResponse {
  return { kind: 'response', status, reason: 'X', headers: new Headers(), body: NO_BODY };
}

function setUp(method: string, source: Hop = UDP_HOP) {
  const bench = new Bench();
  const terminated = () => bench.told.push(`${bench.clock.now()} terminated`);
  return { bench, setup: { request: incoming(makeRequest(method)), source, wire: bench.wire, terminated } };
}

function invite(source?: Hop) {
  const { bench, setup } = setUp('INVITE', source);
  return { bench, transaction: new InviteServerTransaction(setup) };
}

function options(source?: Hop) {
  const { bench, setup } = setUp('OPTIONS', source);
  return { bench, transaction: new NonInviteServerTransaction(setup) };
}

describe('an INVITE server transaction (RFC 3261 17.2.1, RFC 6026 7.1)', () => {
  it('repeats its last provisional answer for each repetition of the INVITE', () => {
    const { bench, transaction } = invite();
    transaction.repeated();
    transaction.respond(response(100));
    transaction.repeated();
    transaction.respond(response(180));
    transaction.repeated();
    assert.deepEqual(bench.trace, ['0 100 X', '0 100 X', '0 180 X', '0 180 X']);
  });

  it('repeats a refusal at T1, doubling up to T2, until timer H', () => {
    const { bench, transaction } = invite();
    transaction.respond(response(486));
    bench.clock.advance(40_000);
    assert.deepEqual(bench.times, [0, 500, 1500, 3500, 7500, 11_500, 15_500, 19_500, 23_500, 27_500, 31_500]);
    assert.deepEqual(bench.told, ['32000 terminated']);
    assert.equal(bench.clock.pending, 0);
  });

  it('is confirmed by the ACK, absorbs what repeats, and ends with timer I', () => {
    const { bench, transaction } = invite();
    transaction.respond(response(486));
    transaction.repeated();
    assert.equal(transaction.acknowledged(), true);
    transaction.repeated();
    assert.equal(transaction.acknowledged(), true);
    assert.equal(transaction.state, 'confirmed');
    bench.clock.advance(5_000);
    assert.deepEqual(bench.trace, ['0 486 X', '0 486 X']);
    assert.deepEqual(bench.told, ['5000 terminated']);
    assert.equal(bench.clock.pending, 0);
  });

  it('repeats no refusal over a connection and ends with the ACK', () => {
    const { bench, transaction } = invite(reliableHop().hop);
    transaction.respond(response(486));
    bench.clock.advance(10_000);
    assert.deepEqual(bench.times, [0]);
    transaction.acknowledged();
    assert.equal(transaction.state, 'terminated');
  });

  it('absorbs repetitions after a 2xx, leaves its ACK to the dialog, and ends with timer L', () => {
    const { bench, transaction } = invite();
    transaction.respond(response(200));
    transaction.repeated();
    assert.equal(transaction.acknowledged(), false);
    bench.clock.advance(32_000);
    assert.deepEqual(bench.times, [0]);
    assert.deepEqual(bench.told, ['32000 terminated']);
    assert.equal(bench.clock.pending, 0);
  });

  it('takes only one final answer', () => {
    const { bench, transaction } = invite();
    assert.notEqual(transaction.respond(response(200)), undefined);
    assert.equal(transaction.respond(response(486)), undefined);
    assert.equal(transaction.respond(response(180)), undefined);
    assert.equal(transaction.open, false);
    assert.deepEqual(bench.trace, ['0 200 X']);
  });

  it('takes no answer when the connection it came by is gone', () => {
    const { hop, connection } = reliableHop();
    const { transaction } = invite(hop);
    connection.close();
    assert.equal(transaction.respond(response(200)), undefined);
  });
});

describe('a non-INVITE server transaction (RFC 3261 17.2.2)', () => {
  it('absorbs repetitions until there is an answer, then repeats that until timer J', () => {
    const { bench, transaction } = options();
    transaction.repeated();
    transaction.respond(response(100));
    transaction.repeated();
    transaction.respond(response(200));
    bench.clock.advance(1000);
    transaction.repeated();
    assert.deepEqual(bench.trace, ['0 100 X', '0 100 X', '0 200 X', '1000 200 X']);
    bench.clock.advance(31_000);
    assert.deepEqual(bench.told, ['32000 terminated']);
    assert.equal(bench.clock.pending, 0);
  });

  it('has no timer J over a connection', () => {
    const { bench, transaction } = options(reliableHop().hop);
    transaction.respond(response(200));
    assert.equal(transaction.state, 'terminated');
    assert.equal(bench.clock.pending, 0);
  });

  it('is dropped when nobody answers it', () => {
    const { bench } = options();
    bench.clock.advance(64_000);
    assert.deepEqual(bench.told, ['64000 terminated']);
    assert.deepEqual(bench.trace, []);
  });

  it('takes only one final answer', () => {
    const { transaction } = options();
    transaction.respond(response(200));
    assert.equal(transaction.respond(response(500)), undefined);
  });
});

import assert from 'node:assert/strict';
import type { ServerTransaction } from '../../../gateway/engine/transaction/server.js';
import { Transactions } from '../../../gateway/engine/transaction/transactions.js';
import { Bench, incoming, makeRequest, responseTo, UDP_HOP } from './transaction-bench.js';

const VIA = (branch: string, port = 5070) => `SIP/2.0/UDP 127.0.0.1:${port};branch=${branch}`;

function setUp() {
  const bench = new Bench();
  const transactions = new Transactions(bench.wire);
  const seen: { requests: ServerTransaction[]; acks: number; cancels: (ServerTransaction | undefined)[] } = {
    requests: [],
    acks: 0,
    cancels: [],
  };
  transactions.serve({
    request: (transaction) => seen.requests.push(transaction),
    acknowledged: () => {
      seen.acks += 1;
    },
    cancelled: (_cancel, invite) => seen.cancels.push(invite),
    overloaded: () => undefined,
  });
  const receive = (method: string, via: string, callId?: string) =>
    transactions.receiveRequest(incoming(makeRequest(method, via, callId)), UDP_HOP);
  return { bench, transactions, seen, receive };
}

describe('finding transactions (RFC 3261 17.1.3, 17.2.3)', () => {
  it('takes a request with the same branch, sender and method for a repetition', () => {
    const { seen, receive } = setUp();
    receive('OPTIONS', VIA('z9hG4bKone'));
    receive('OPTIONS', VIA('z9hG4bKone'));
    assert.equal(seen.requests.length, 1);
  });

  it('tells apart requests by branch, by sender and by method', () => {
    const { seen, receive } = setUp();
    receive('OPTIONS', VIA('z9hG4bKone'), 'c1');
    receive('OPTIONS', VIA('z9hG4bKtwo'), 'c2');
    receive('OPTIONS', VIA('z9hG4bKone', 5999), 'c3');
    receive('INFO', VIA('z9hG4bKone'), 'c4');
    assert.equal(seen.requests.length, 4);
  });

  it('knows a repetition by Call-ID, From tag and CSeq where the branch is of the old kind', () => {
    const { seen, receive } = setUp();
    receive('OPTIONS', 'SIP/2.0/UDP 127.0.0.1:5070', 'old-1');
    receive('OPTIONS', 'SIP/2.0/UDP 127.0.0.1:5070', 'old-1');
    receive('OPTIONS', 'SIP/2.0/UDP 127.0.0.1:5070', 'old-2');
    assert.equal(seen.requests.length, 2);
  });

  it('sees that a request came by a second way (RFC 3261 8.2.2.2)', () => {
    const { transactions, seen, receive } = setUp();
    receive('INVITE', VIA('z9hG4bKone'));
    receive('INVITE', VIA('z9hG4bKtwo'));
    assert.deepEqual(
      seen.requests.map((transaction) => transactions.isMerged(transaction)),
      [false, true],
    );
  });

  it('gives a CANCEL its own transaction and finds the INVITE it means', () => {
    const { seen, receive } = setUp();
    receive('INVITE', VIA('z9hG4bKone'));
    receive('CANCEL', VIA('z9hG4bKone'));
    receive('CANCEL', VIA('z9hG4bKone'));
    receive('CANCEL', VIA('z9hG4bKother'), 'c2');
    assert.deepEqual(seen.cancels, [seen.requests[0], undefined]);
  });

  it('passes on only ACKs that no transaction waits for', () => {
    const { transactions, seen, receive } = setUp();
    receive('INVITE', VIA('z9hG4bKone'));
    const [invite] = seen.requests;
    const answer = responseTo(makeRequest('INVITE'), 486).message;
    invite?.respond(answer);
    receive('ACK', VIA('z9hG4bKone'));
    assert.equal(seen.acks, 0);
    receive('ACK', VIA('z9hG4bKnew'));
    assert.equal(seen.acks, 1);
    assert.equal(transactions.count, 1);
  });

  it('gives answers to the client transaction with that branch and method', () => {
    const { bench, transactions } = setUp();
    const branch = Transactions.newBranch();
    const request = makeRequest('OPTIONS', VIA(branch));
    transactions.begin(request, UDP_HOP, branch, bench.user);
    transactions.receiveResponse(responseTo(makeRequest('OPTIONS', VIA('z9hG4bKelse')), 200), UDP_HOP);
    transactions.receiveResponse({ ...responseTo(request, 200), viaCount: 2 }, UDP_HOP);
    assert.deepEqual(bench.told, []);
    transactions.receiveResponse(responseTo(request, 200), UDP_HOP);
    assert.deepEqual(bench.told, ['0 200']);
  });

  it('forgets everything in time', () => {
    const { bench, transactions, seen, receive } = setUp();
    receive('INVITE', VIA('z9hG4bKone'), 'c1');
    receive('OPTIONS', VIA('z9hG4bKtwo'), 'c2');
    for (const transaction of seen.requests) transaction.respond(responseTo(makeRequest('INVITE'), 500).message);
    const branch = Transactions.newBranch();
    transactions.begin(makeRequest('OPTIONS', VIA(branch)), UDP_HOP, branch, bench.user);
    assert.equal(transactions.count, 3);
    bench.clock.advance(32_000);
    assert.equal(transactions.count, 0);
    assert.equal(bench.clock.pending, 0);
  });

  it('ends everything when abandoned', () => {
    const { bench, transactions, receive } = setUp();
    receive('INVITE', VIA('z9hG4bKone'));
    const branch = Transactions.newBranch();
    transactions.begin(makeRequest('INVITE', VIA(branch)), UDP_HOP, branch, bench.user);
    transactions.abandonAll();
    assert.equal(transactions.count, 0);
    assert.equal(bench.clock.pending, 0);
    assert.deepEqual(bench.told, []);
  });
});

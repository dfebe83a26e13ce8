import assert from 'node:assert/strict';
import { type Network, networkMatcher, overlap, readNetwork } from '../gateway/network.js';

function network(text: string): Network {
  const read = readNetwork(text);
  assert.ok(read !== undefined, `${text} is no network`);
  return read;
}

describe('a network', () => {
  for (const text of [
    '',
    'sip.example.com',
    '192.0.2',
    '192.0.2.7/33',
    '2001:db8::/129',
    '192.0.2.7/',
    '192.0.2.7/-1',
  ]) {
    it(`is none in '${text}'`, () => assert.equal(readNetwork(text), undefined));
  }

  for (const [networks, inside, outside] of [
    [['192.0.2.7'], ['192.0.2.7', '::ffff:192.0.2.7'], ['192.0.2.8', '::ffff:192.0.2.8', '::1']],
    [['192.0.2.0/24'], ['192.0.2.0', '192.0.2.255', '::ffff:192.0.2.9'], ['192.0.3.0', '192.0.1.255']],
    [['192.0.2.77/25'], ['192.0.2.1'], ['192.0.2.128']],
    [['2001:db8::/32'], ['2001:db8::1', '[2001:db8:ffff::1]', '2001:0DB8::2'], ['2001:db9::1', '192.0.2.7']],
    [
      ['::1', '127.0.0.2'],
      ['::1', '127.0.0.2'],
      ['127.0.0.1', '::2'],
    ],
    [['fe80::/10'], ['fe80::1%eth0'], ['fec0::1']],
    [[], [], ['192.0.2.7', '::1', 'nonsense', '']],
  ] as const) {
    it(`of ${networks.join(' and ') || 'nothing'} holds ${inside.join(', ') || 'nobody'} and not ${outside.join(', ')}`, () => {
      const matches = networkMatcher(networks.map(network));
      assert.deepEqual([...inside, ...outside].filter(matches), inside);
    });
  }

  for (const [left, right, common] of [
    ['192.0.2.7', '192.0.2.7', true],
    ['192.0.2.0/24', '192.0.2.7', true],
    ['192.0.2.7', '192.0.0.0/16', true],
    ['192.0.2.0/24', '192.0.3.0/24', false],
    ['2001:db8::/32', '2001:db8:1::/48', true],
    ['2001:db8::/32', '192.0.2.7', false],
    ['::ffff:192.0.2.0/120', '192.0.2.7', true],
  ] as const) {
    it(`${left} has ${common ? 'an' : 'no'} address in common with ${right}`, () => {
      assert.equal(overlap(network(left), network(right)), common);
    });
  }
});

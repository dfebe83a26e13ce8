import assert from 'node:assert/strict';
import { StreamFramer, type StreamItem } from '../../../gateway/engine/transport/stream-framer.js';

const message = (name: string, body = '') =>
  `MESSAGE sip:${name}@b SIP/2.0\r\nContent-Length: ${Buffer.byteLength(body)}\r\n\r\n${body}`;

function describeItem(item: StreamItem): string {
  if (item.kind !== 'message') return item.kind;
  return item.parsed.kind === 'request' ? `${item.parsed.uri} ${item.parsed.body.toString()}` : item.parsed.kind;
}

describe('messages in a byte stream (RFC 3261 18.3)', () => {
  const all = `\r\n\r\n${message('one', 'hé')}\r\n${message('two')}${message('three', 'x'.repeat(5000))}\r\n\r\n`;
  const expected = ['ping', 'sip:one@b hé', 'sip:two@b ', `sip:three@b ${'x'.repeat(5000)}`, 'ping'];

  for (const size of [1, 2, 3, 7, 100, 100_000]) {
    it(`are the same when they come ${size} bytes at a time`, () => {
      const framer = new StreamFramer();
      const bytes = Buffer.from(all);
      const items: string[] = [];
      for (let at = 0; at < bytes.length; at += size) {
        items.push(...framer.push(bytes.subarray(at, at + size)).map(describeItem));
      }
      assert.deepEqual(items, expected);
      assert.equal(framer.pending, false);
    });
  }

  it('keep their bodies when the buffer is used again', () => {
    const framer = new StreamFramer();
    const [first] = framer.push(Buffer.from(message('a', 'first')));
    framer.push(Buffer.from(message('b', 'other')));
    assert.equal(first === undefined ? '' : describeItem(first), 'sip:a@b first');
  });

  it('say that one has begun', () => {
    const framer = new StreamFramer();
    framer.push(Buffer.from('MESSAGE sip:a'));
    assert.equal(framer.pending, true);
  });

  it('go on after a header that is malformed but says how long its message is', () => {
    const framer = new StreamFramer();
    const items = framer.push(Buffer.from(`X sip:a SIP/2.0\r\nno colon\r\nContent-Length: 2\r\n\r\nab${message('c')}`));
    assert.deepEqual(items.map(describeItem), ['malformed', 'sip:c@b ']);
  });

  const broken: Record<string, string> = {
    'no SIP': 'GET / HTTP/1.1\r\nHost: x\r\n\r\n',
    'a length that is no number': 'X sip:a SIP/2.0\r\nContent-Length: -1\r\n\r\n',
    'two lengths': 'X sip:a SIP/2.0\r\nContent-Length: 1\r\nl: 2\r\n\r\n',
    'a length above the limit': 'X sip:a SIP/2.0\r\nContent-Length: 70000\r\n\r\n',
    'a header without end': `X sip:a SIP/2.0\r\nA: ${'a'.repeat(70_000)}`,
  };
  for (const [what, text] of Object.entries(broken)) {
    it(`make no sense any more after ${what}`, () => {
      const framer = new StreamFramer();
      assert.deepEqual(framer.push(Buffer.from(text)).map(describeItem), ['broken']);
      assert.deepEqual(framer.push(Buffer.from(message('late'))), []);
    });
  }
});

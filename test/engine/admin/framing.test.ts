import assert from 'node:assert/strict';
import { FrameReader, FramingError, writeFrame } from '../../../gateway/engine/admin/framing.js';

const LIMIT = 1000;

describe('frames of the admin protocol', () => {
  it('count bytes, not characters, and carry any bytes', () => {
    const body = Buffer.from([0, 255, 35, 10]);
    const frame = writeFrame(['id', 'größe'], body);
    assert.equal(frame.toString('latin1').split('#')[0], String(Buffer.byteLength('id|größe') + 2 + 4));
    const [read] = new FrameReader().push(frame, LIMIT);
    assert.deepEqual(read?.fields, ['id', 'größe']);
    assert.deepEqual(read?.message, body);
  });

  it('cannot be broken open by what is put into a field', () => {
    const [read] = new FrameReader().push(writeFrame(['a|b', 'c\r\nd']), LIMIT);
    assert.deepEqual(read, { fields: ['a b', 'c  d'], message: undefined });
  });

  for (const size of [1, 2, 5, 11, 1000]) {
    it(`are the same when they come ${size} bytes at a time`, () => {
      const reader = new FrameReader();
      const bytes = Buffer.concat([
        writeFrame(['1', 'ping']),
        writeFrame(['2', 'sip'], Buffer.from('x#5#y')),
        writeFrame(['3']),
      ]);
      const ids: string[] = [];
      for (let at = 0; at < bytes.length; at += size) {
        for (const { fields, message } of reader.push(bytes.subarray(at, at + size), LIMIT))
          ids.push(`${fields[0]}${message ?? ''}`);
      }
      assert.deepEqual(ids, ['1', '2x#5#y', '3']);
    });
  }

  for (const text of ['x#', '-1#', '0#', '#', '1001#', '12345678', '1e2#', ' 5#']) {
    it(`are no frames when they begin ${JSON.stringify(text)}`, () => {
      assert.throws(() => new FrameReader().push(Buffer.from(text), LIMIT), FramingError);
    });
  }
});

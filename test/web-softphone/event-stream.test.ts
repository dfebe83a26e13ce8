import assert from 'node:assert/strict';
import { createEventStreamParser, type StreamEvent } from '../../web-softphone/phone/event-stream.js';

function parse(...pieces: string[]): StreamEvent[] {
  const parser = createEventStreamParser();
  return pieces.flatMap((piece) => parser.push(piece));
}

describe('the event stream parser', () => {
  it('reads name and data of an event', () => {
    assert.deepEqual(parse('event: room\ndata: {"a":1}\n\n'), [{ name: 'room', data: '{"a":1}' }]);
  });

  it('calls an event without a name message', () => {
    assert.deepEqual(parse('data: x\n\n'), [{ name: 'message', data: 'x' }]);
  });

  it('joins several data lines and takes one blank away from each', () => {
    assert.deepEqual(parse('data: one\ndata:  two\ndata:three\n\n'), [{ name: 'message', data: 'one\n two\nthree' }]);
  });

  it('passes over comments, unknown fields and events without data', () => {
    assert.deepEqual(parse(':\n\n: beat\nid: 7\nretry: 10\nevent: nothing\n\ndata: x\n\n'), [
      { name: 'message', data: 'x' },
    ]);
  });

  it('takes LF, CR and CRLF as line ends', () => {
    const events = [
      { name: 'a', data: '1' },
      { name: 'b', data: '2' },
      { name: 'c', data: '3' },
    ];
    assert.deepEqual(parse('event: a\ndata: 1\n\nevent: b\rdata: 2\r\revent: c\r\ndata: 3\r\n\r\n'), events);
  });

  it('reads the same events however the stream is cut into pieces', () => {
    const text = '\uFEFFevent: room\r\ndata: {"n":"é"}\r\n\r\n:\n\nevent: participant.left\ndata: {}\n\n';
    const whole = parse(text);
    assert.equal(whole.length, 2);
    for (let cut = 1; cut < text.length; cut++) {
      assert.deepEqual(parse(text.slice(0, cut), text.slice(cut)), whole, `cut at ${cut}`);
    }
    assert.deepEqual(parse(...text), whole, 'character by character');
  });

  it('keeps an event back until its blank line has come', () => {
    const parser = createEventStreamParser();
    assert.deepEqual(parser.push('data: x\n'), []);
    assert.deepEqual(parser.push('\n'), [{ name: 'message', data: 'x' }]);
  });
});

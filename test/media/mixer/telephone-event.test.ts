import assert from 'node:assert/strict';
import { Instant } from '../../../gateway/media/mixer/instant.js';
import { RtpHeader } from '../../../gateway/media/mixer/rtp.js';
import { TelephoneEvents } from '../../../gateway/media/mixer/telephone-event.js';

interface EventPacket {
  event: number;
  timestamp: number;
  duration: number;
  end?: boolean;
  marker?: boolean;
}

/** A decoder, the digits it told, and a clock that moves 20 ms with each packet. */
class Listener {
  readonly digits: string[] = [];
  readonly durationsMs: number[] = [];
  readonly now = new Instant();
  readonly events = new TelephoneEvents((digit, durationMs) => {
    this.digits.push(digit);
    this.durationsMs.push(durationMs);
  });

  take({ event, timestamp, duration, end = false, marker = false }: EventPacket): void {
    const header = new RtpHeader();
    header.timestamp = timestamp | 0;
    header.marker = marker;
    header.payloadEnd = 4;
    assert.ok(
      this.events.take(Buffer.from([event, end ? 0x8a : 0x0a, duration >> 8, duration & 0xff]), header, this.now),
    );
    this.now.ms += 20;
  }

  /** A key press as RFC 4733 section 2.5.1 wants it: five packets, then the end three times at once. */
  press(event: number, timestamp: number, lost: { start?: boolean; end?: boolean } = {}): void {
    for (let packet = 1; packet <= 5; packet++) {
      const marker = packet === 1;
      if (marker && lost.start === true) this.now.ms += 20;
      else this.take({ event, timestamp, duration: packet * 160, marker });
    }
    if (lost.end === true) return;
    for (let copy = 0; copy < 3; copy++) {
      this.take({ event, timestamp, duration: 960, end: true });
      this.now.ms -= 20;
    }
    this.now.ms += 20;
  }
}

describe('telephone events', () => {
  it('makes one digit of a key press whose end comes three times', () => {
    const listener = new Listener();
    listener.press(5, 8000);
    assert.deepEqual(listener.digits, ['5']);
    assert.deepEqual(listener.durationsMs, [120]);
  });

  it('knows all sixteen keys', () => {
    const listener = new Listener();
    for (let event = 0; event < 16; event++) {
      listener.press(event, 10_000 * event);
      listener.now.ms += 200;
    }
    assert.equal(listener.digits.join(''), '0123456789*#ABCD');
  });

  it('tells a digit whose end packets were lost once its packets cease', () => {
    const listener = new Listener();
    listener.press(7, 8000, { end: true });
    listener.events.expire(listener.now);
    assert.deepEqual(listener.digits, []);
    listener.now.ms += 200;
    listener.events.expire(listener.now);
    listener.now.ms += 1000;
    listener.events.expire(listener.now);
    assert.deepEqual(listener.digits, ['7']);
    assert.deepEqual(listener.durationsMs, [100]);
  });

  it('tells a digit whose end packets were lost when the next one begins', () => {
    const listener = new Listener();
    listener.press(1, 8000, { end: true });
    listener.press(2, 9600);
    assert.deepEqual(listener.digits, ['1', '2']);
  });

  it('tells a digit of which only one end packet arrived', () => {
    const listener = new Listener();
    listener.take({ event: 11, timestamp: 8000, duration: 800, end: true });
    assert.deepEqual(listener.digits, ['#']);
  });

  it('tells the same key pressed twice as two digits', () => {
    const listener = new Listener();
    listener.press(4, 8000);
    listener.now.ms += 60;
    listener.press(4, 9440);
    assert.deepEqual(listener.digits, ['4', '4']);
  });

  it('tells the same key pressed twice as two digits even when the second beginning was lost', () => {
    const listener = new Listener();
    listener.press(4, 8000);
    listener.press(4, 9440, { start: true });
    assert.deepEqual(listener.digits, ['4', '4']);
  });

  it('ignores end packets that come late, behind the next key', () => {
    const listener = new Listener();
    listener.press(1, 8000);
    listener.take({ event: 2, timestamp: 9600, duration: 160, marker: true });
    listener.take({ event: 1, timestamp: 8000, duration: 960, end: true });
    listener.take({ event: 2, timestamp: 9600, duration: 480, end: true });
    assert.deepEqual(listener.digits, ['1', '2']);
  });

  it('makes one digit of a press of 20 s in segments, and adds their durations', () => {
    const listener = new Listener();
    const total = 160_000;
    for (let duration = 160; duration <= total; duration += 160) {
      const segment = Math.floor((duration - 1) / 0xffff);
      const timestamp = 0xffff_0000 + segment * 0xffff;
      listener.take({ event: 0, timestamp, duration: duration - segment * 0xffff, marker: duration === 160 });
    }
    const timestamp = 0xffff_0000 + 2 * 0xffff;
    for (let copy = 0; copy < 3; copy++) {
      listener.take({ event: 0, timestamp, duration: total - 2 * 0xffff, end: true });
    }
    assert.deepEqual(listener.digits, ['0']);
    assert.deepEqual(listener.durationsMs, [20_000]);
  });

  it('makes one digit of a press whose sender moves the timestamp with every packet', () => {
    const listener = new Listener();
    for (let packet = 0; packet < 6; packet++) {
      listener.take({ event: 3, timestamp: 8000 + packet * 160, duration: 160 * (packet + 1), marker: packet === 0 });
    }
    for (let copy = 0; copy < 3; copy++) {
      listener.take({ event: 3, timestamp: 8960 + copy * 160, duration: 1120, end: true });
    }
    assert.deepEqual(listener.digits, ['3']);
  });

  it('does not believe durations counted at 48000 Hz', () => {
    const listener = new Listener();
    for (let packet = 1; packet <= 5; packet++) {
      listener.take({ event: 9, timestamp: 8000, duration: packet * 960, marker: packet === 1 });
    }
    listener.take({ event: 9, timestamp: 8000, duration: 5760, end: true });
    assert.deepEqual(listener.digits, ['9']);
    assert.deepEqual(listener.durationsMs, [120]);
  });

  it('ignores events that are no keys, and refuses packets that are too short', () => {
    const listener = new Listener();
    listener.take({ event: 16, timestamp: 8000, duration: 160, end: true });
    const header = new RtpHeader();
    header.payloadEnd = 3;
    assert.equal(listener.events.take(Buffer.from([1, 0x80, 0]), header, listener.now), false);
    assert.deepEqual(listener.digits, []);
  });
});

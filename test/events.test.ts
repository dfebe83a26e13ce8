import assert from 'node:assert/strict';
import { EventBus } from '../gateway/events.js';

type Events = { joined: { name: string }; left: { name: string } };

describe('the event bus', () => {
  it('tells those who listen for an event, and those who listen for all', () => {
    const bus = new EventBus<Events>();
    const heard: string[] = [];
    bus.on('joined', ({ name }) => heard.push(`joined ${name}`));
    bus.onAny((event, { name }) => heard.push(`any ${event} ${name}`));
    bus.emit('joined', { name: 'alice' });
    bus.emit('left', { name: 'alice' });
    assert.deepEqual(heard, ['joined alice', 'any joined alice', 'any left alice']);
  });

  it('says no more to who stopped listening', () => {
    const bus = new EventBus<Events>();
    let count = 0;
    const stop = bus.on('joined', () => count++);
    bus.emit('joined', { name: 'alice' });
    stop();
    bus.emit('joined', { name: 'bob' });
    assert.equal(count, 1);
  });

  it('goes on to the next listener when one throws', () => {
    const errors: unknown[] = [];
    const bus = new EventBus<Events>((error) => errors.push(error));
    let count = 0;
    bus.on('joined', () => assert.fail('this listener is broken'));
    bus.on('joined', () => count++);
    bus.emit('joined', { name: 'alice' });
    assert.equal(count, 1);
    assert.equal(errors.length, 1);
  });
});

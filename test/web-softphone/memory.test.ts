import assert from 'node:assert/strict';
import { createMemory, type Store } from '../../web-softphone/phone/memory.js';

class MapStore implements Store {
  readonly entries = new Map<string, string>();
  getItem(key: string): string | null {
    return this.entries.get(key) ?? null;
  }
  setItem(key: string, value: string): void {
    this.entries.set(key, value);
  }
  removeItem(key: string): void {
    this.entries.delete(key);
  }
}

describe('what the page remembers', () => {
  it('is the login for the tab and the choices for the browser', () => {
    const [tab, browser] = [new MapStore(), new MapStore()];
    const memory = createMemory(
      () => tab,
      () => browser,
    );
    memory.token = 'secret';
    memory.lastGroup = 'engineering';
    memory.microphone = 'headset';
    assert.deepEqual([...tab.entries.values()], ['secret']);
    assert.deepEqual([...browser.entries.values()].sort(), ['engineering', 'headset']);
    const later = createMemory(
      () => tab,
      () => browser,
    );
    assert.equal(later.token, 'secret');
    assert.equal(later.speaker, undefined);
  });

  it('is forgotten when it is set to nothing', () => {
    const tab = new MapStore();
    const memory = createMemory(
      () => tab,
      () => tab,
    );
    memory.token = 'secret';
    memory.token = undefined;
    assert.equal(tab.entries.size, 0);
  });

  it('is nothing where the browser forbids storage', () => {
    const forbidden = (): Store => {
      throw new Error('SecurityError');
    };
    const memory = createMemory(forbidden, forbidden);
    memory.token = 'secret';
    assert.equal(memory.token, undefined);
  });
});

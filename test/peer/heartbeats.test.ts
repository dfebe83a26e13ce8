import assert from 'node:assert/strict';
import { startHeartbeats } from '../../gateway/peer/heartbeats.js';
import type { VoiceServerBeat } from '../../gateway/rooms/voice-servers.js';
import { keepLog, WARN } from '../support/log-lines.js';

const ELDER: VoiceServerBeat = { id: '000000000-elder', url: 'http://elder.example:8080', draining: false };

describe('the heartbeats of a voice server that takes calls beside any other', () => {
  it('warn of an elder one once, and again when there is another', async () => {
    const { log, lines } = keepLog();
    let others: VoiceServerBeat[] = [ELDER];
    const heartbeats = await startHeartbeats({
      registry: { ready: async () => others, beat: async () => {}, leave: async () => {}, purge: async () => 0 },
      url: 'http://self.example:8080',
      heartbeatMs: 60_000,
      standsBy: false,
      log,
      changed: () => assert.fail('it never stands by'),
    });
    const warnings = () => lines.filter(({ level }) => level === WARN).length;
    try {
      // Draining beats at once.
      await heartbeats.drain();
      await heartbeats.drain();
      assert.equal(warnings(), 1);
      others = [{ ...ELDER, id: '000000001-elder' }];
      await heartbeats.drain();
      assert.equal(warnings(), 2);
    } finally {
      await heartbeats.stop();
    }
  });
});

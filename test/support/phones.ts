import type { VoiceRequestDeps } from '../../gateway/rooms/voice-requests.js';

/** Every telephone can be called, and nobody has a desk phone. */
export const PHONES: Pick<VoiceRequestDeps, 'outsideCalls' | 'ownPhones' | 'contacts'> = {
  outsideCalls: { requireCallable: async () => {} },
  ownPhones: { callOwnPhone: () => Promise.reject(new Error('nobody has a desk phone')) },
  contacts: { findByUser: async () => [] },
};

import { RoomlineError } from '../errors.js';

/** A voice server that can take calls now. */
export interface ReadyVoiceServer {
  readonly id: string;
  /** Where browsers reach its SIP WebSocket; null is `/sip` of the page's own origin. */
  readonly wsUrl: string | null;
  /** The host of addresses of record and conference URIs there. */
  readonly sipHost: string;
  /** Where desk phones register, UDP and TCP. */
  readonly sipPort: number;
}

/** The voice servers that can take calls now, the one that does first. With none, no number can be dialled. */
export type VoiceServersReady = () => readonly ReadyVoiceServer[];

const RETRY_AFTER_SECONDS = 5;

/** The voice server to send a caller to. @throws RoomlineError `unavailable` when none is ready. */
export function requireVoiceServer(voiceServersReady: VoiceServersReady): ReadyVoiceServer {
  const [first] = voiceServersReady();
  if (first !== undefined) return first;
  throw new RoomlineError('unavailable', 'no voice server is ready, so no room can be dialled: ask again in a moment', {
    code: 'no-voice-server',
    retryAfterSeconds: RETRY_AFTER_SECONDS,
  });
}

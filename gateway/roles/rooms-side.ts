import type { ReadinessChecks } from '../api/health.js';
import type { Inviter } from '../rooms/invitations.js';
import type { OutsideCallCheck } from '../rooms/outside-call-check.js';
import type { OwnPhones } from '../rooms/own-phones.js';
import type { VoiceServersReady } from '../rooms/ready-voice-server.js';
import type { LiveRooms } from '../rooms/roster.js';
import type { VoiceServer } from '../rooms/voice-server.js';
import type { TallySource } from '../tally.js';

/** What the directory's API needs of the second server, be it in this process or on another machine. */
export interface RoomsSide {
  readonly voiceServer: VoiceServer;
  readonly voiceServersReady: VoiceServersReady;
  readonly liveRooms: LiveRooms;
  readonly inviter: Inviter;
  /** Says what telephones can be called. */
  readonly outsideCalls: OutsideCallCheck;
  readonly ownPhones: OwnPhones;
  /** What must answer before calls can be taken. */
  readonly readiness: ReadinessChecks;
  /** What was refused and done since the start, where that is in this process. */
  readonly tallies?: readonly TallySource[];
}

/** What the mixer's handle and its worker threads say to each other. */
import type { ErrorKind } from '../../errors.js';
import type { AudioFormat, LegId, MixerLegStats, Samples, UdpAddress } from './mixer.js';
import type { PlaybackState } from './playback.js';
import type { RtpStream } from './port.js';
import type { KeyPress } from './telephone-event.js';

/** What a worker is started with. */
export interface WorkerSettings {
  host: string;
  rtpIdleMs: number;
}

export type Command =
  | { kind: 'open'; room: string | null; leg: LegId }
  | { kind: 'enter'; leg: LegId; room: string }
  /** Closes a port that goes on in another thread. */
  | { kind: 'leave'; leg: LegId }
  /** Goes on, once connected, where the port that was left stopped. */
  | { kind: 'resume'; leg: LegId; from: LeftPort }
  | { kind: 'connect'; leg: LegId; anchor: UdpAddress; format: AudioFormat }
  | { kind: 'set-muted'; leg: LegId; muted: boolean }
  | { kind: 'set-held'; leg: LegId; held: boolean }
  | { kind: 'play'; leg: LegId; sound: PlaybackState }
  | { kind: 'stop-playing'; leg: LegId; playback: number }
  | { kind: 'play-in-room'; room: string; samples: Samples; except: readonly LegId[] }
  | { kind: 'close'; leg: LegId }
  | { kind: 'stats' }
  | { kind: 'stop' };

/** What is told of a port that goes on in another thread. */
export interface LeftPort {
  stream: RtpStream;
  press: KeyPress | undefined;
  playing: PlaybackState | undefined;
}

export interface WorkerStats {
  legs: MixerLegStats[];
  rooms: number;
}

/** What commands are answered with, where that is more than that they are done. */
interface Results {
  open: UdpAddress;
  leave: LeftPort;
  stats: WorkerStats;
}

export type ResultOf<Kind extends Command['kind']> = Kind extends keyof Results ? Results[Kind] : undefined;

export interface Request {
  id: number;
  command: Command;
}

export type Notice =
  | { kind: 'talking'; leg: LegId; talking: boolean }
  | { kind: 'digit'; leg: LegId; digit: string; durationMs: number }
  | { kind: 'idle'; leg: LegId; idle: boolean }
  /** The last sample of what was played to a leg was sent. */
  | { kind: 'played'; leg: LegId; playback: number }
  /** Something failed that no command waits for; the leg goes on. */
  | { kind: 'trouble'; message: string };

/** Answers a request by its id, or tells something unasked. */
export type FromWorker =
  | { kind: 'ready' }
  | { kind: 'done'; id: number; result: unknown }
  | { kind: 'failed'; id: number; errorKind: ErrorKind; message: string }
  | Notice;

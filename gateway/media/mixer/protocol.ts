/** What the mixer's handle and its worker threads say to each other. */
import type { ErrorKind } from '../../errors.js';
import type { AudioFormat, LegId, MixerLegStats, UdpAddress } from './mixer.js';

/** What a worker is started with. */
export interface WorkerSettings {
  host: string;
  rtpIdleMs: number;
}

export type Command =
  | { kind: 'open'; room: string; leg: LegId }
  | { kind: 'connect'; leg: LegId; anchor: UdpAddress; format: AudioFormat }
  | { kind: 'set-muted'; leg: LegId; muted: boolean }
  | { kind: 'set-held'; leg: LegId; held: boolean }
  | { kind: 'close'; leg: LegId }
  | { kind: 'stats' }
  | { kind: 'stop' };

export interface WorkerStats {
  legs: MixerLegStats[];
  rooms: number;
}

export interface Results {
  open: UdpAddress;
  connect: undefined;
  'set-muted': undefined;
  'set-held': undefined;
  close: undefined;
  stats: WorkerStats;
  stop: undefined;
}

export interface Request {
  id: number;
  command: Command;
}

export type Notice =
  | { kind: 'talking'; leg: LegId; talking: boolean }
  | { kind: 'digit'; leg: LegId; digit: string; durationMs: number }
  | { kind: 'idle'; leg: LegId; idle: boolean }
  /** Something failed that no command waits for; the leg goes on. */
  | { kind: 'trouble'; message: string };

/** Answers a request by its id, or tells something unasked. */
export type FromWorker =
  | { kind: 'ready' }
  | { kind: 'done'; id: number; result: Results[Command['kind']] }
  | { kind: 'failed'; id: number; errorKind: ErrorKind; message: string }
  | Notice;

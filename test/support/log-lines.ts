import pino from 'pino';
import type { Log } from '../../gateway/log.js';

export interface LogLine {
  readonly level: number;
  readonly msg: string;
}

export const WARN = 40;

/** A logger that keeps what it is told. */
export function keepLog(): { log: Log; lines: LogLine[] } {
  const lines: LogLine[] = [];
  const log = pino({ level: 'debug' }, { write: (text: string) => void lines.push(JSON.parse(text) as LogLine) });
  return { log, lines };
}

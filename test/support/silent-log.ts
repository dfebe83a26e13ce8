import pino from 'pino';
import type { Log } from '../../gateway/log.js';

export const silentLog: Log = pino({ level: 'silent' });

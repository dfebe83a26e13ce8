import pino from 'pino';
import pretty from 'pino-pretty';

export type Log = pino.Logger;
export type LogLevel = 'fatal' | 'error' | 'warn' | 'info' | 'debug' | 'trace' | 'silent';

const SECRETS = ['password', 'inboundPassword', 'token', 'pin', 'secret', 'authorization', 'ha1', 'response', 'nonce'];

/**
 * The root logger. Lines go to standard error, so that standard output holds only what a person or a
 * script waits for. Secrets are redacted by key, at the top and one level down.
 */
export function createLog(options: { level: LogLevel; format: 'pretty' | 'json' }): Log {
  const settings: pino.LoggerOptions = {
    level: options.level,
    base: null,
    timestamp: pino.stdTimeFunctions.isoTime,
    redact: { paths: SECRETS.flatMap((key) => [key, `*.${key}`]), censor: '[redacted]' },
  };
  const destination =
    options.format === 'pretty'
      ? pretty({ destination: 2, sync: true, colorize: process.stderr.isTTY, ignore: 'pid,hostname' })
      : pino.destination({ dest: 2, sync: true });
  return pino(settings, destination);
}

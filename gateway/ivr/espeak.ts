/** Runs espeak-ng: text in on standard input, speech out on standard output, few at a time. */
import { execFile } from 'node:child_process';
import { RoomlineError } from '../errors.js';
import { Turnstile } from '../turnstile.js';
import type { Utterance } from './spoken-name.js';

export interface Synthesizer {
  /**
   * Speaks a text; the WAV file espeak-ng wrote, whose header does not know its length.
   * @throws RoomlineError `unavailable` with too many waiting or once it was stopped; `timeout` past the deadline, the
   * wait included; `internal` when espeak-ng fails
   */
  speak(utterance: Utterance): Promise<Buffer>;
  /** Ends what is under way. */
  stop(): Promise<void>;
}

export interface EspeakOptions {
  readonly program?: string;
  readonly atOnce?: number;
  readonly deadlineMs?: number;
}

const PROGRAM = 'espeak-ng';
const AT_ONCE = 2;
const DEADLINE_MS = 5000;
/** What two processes do in the time a name may take. */
const MOST_WAITING = 200;
/** A minute and a half of speech: far more than any prompt. */
const MOST_BYTES = 4 * 1024 * 1024;

/** The version of the program; undefined when it is not there, or does not run. */
export async function espeakVersion(program = PROGRAM): Promise<string | undefined> {
  try {
    const output = await run(program, ['--version'], '', { timeout: DEADLINE_MS });
    return /\d[\w.+-]*/.exec(output.toString())?.[0] ?? 'unknown';
  } catch {
    return undefined;
  }
}

export function createEspeak({
  program = PROGRAM,
  atOnce = AT_ONCE,
  deadlineMs = DEADLINE_MS,
}: EspeakOptions = {}): Synthesizer {
  const stopping = new AbortController();
  const underWay = new Set<Promise<unknown>>();
  const turnstile = new Turnstile({
    atOnce,
    mostWaiting: MOST_WAITING,
    refusal: () => new RoomlineError('unavailable', `${MOST_WAITING} texts wait to be spoken already`),
  });

  async function speakInTurn({ voice, text }: Utterance, startedAt: number): Promise<Buffer> {
    const timeout = Math.ceil(deadlineMs - (performance.now() - startedAt));
    if (stopping.signal.aborted) throw new RoomlineError('unavailable', 'speech is stopping', { code: 'stopping' });
    if (timeout <= 0) throw new RoomlineError('timeout', `espeak-ng had no turn within ${deadlineMs} ms`);
    // UTF-8, no pause at the end. The text is no argument: it may be anything.
    const args = ['-b', '1', '-z', '-v', voice.name, '-s', String(voice.wordsPerMinute), '--stdin', '--stdout'];
    return run(program, args, text, { timeout, signal: stopping.signal });
  }

  return {
    async speak(utterance) {
      const startedAt = performance.now();
      const speech = turnstile.pass(() => speakInTurn(utterance, startedAt));
      underWay.add(speech);
      try {
        return await speech;
      } finally {
        underWay.delete(speech);
      }
    },
    async stop() {
      stopping.abort();
      while (underWay.size > 0) await Promise.allSettled(underWay);
    },
  };
}

function run(
  program: string,
  args: readonly string[],
  input: string,
  { timeout, signal }: { timeout: number; signal?: AbortSignal },
): Promise<Buffer> {
  const limits = { timeout, signal, maxBuffer: MOST_BYTES, killSignal: 'SIGKILL', encoding: 'buffer' } as const;
  return new Promise((resolve, reject) => {
    const child = execFile(program, [...args], limits, (error, output, errors) => {
      if (error === null) resolve(output);
      else reject(asRoomlineError(error, errors, timeout));
    });
    // One that ends early leaves the rest of the text unread; how it ended says why.
    child.stdin?.on('error', () => {});
    child.stdin?.end(input);
  });
}

function asRoomlineError(error: Error & { killed?: boolean; code?: unknown }, errors: Buffer, timeout: number) {
  if (error.name === 'AbortError') {
    return new RoomlineError('unavailable', 'speech is stopping', { code: 'stopping', cause: error });
  }
  if (error.killed === true && error.code === null) {
    return new RoomlineError('timeout', `espeak-ng took more than ${timeout} ms`, { cause: error });
  }
  const said = errors.toString().trim().split('\n', 1)[0] ?? '';
  return new RoomlineError('internal', `espeak-ng failed: ${said === '' ? error.message : said}`, { cause: error });
}

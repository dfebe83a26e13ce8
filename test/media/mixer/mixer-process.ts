import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import type { AudioFormat, UdpAddress } from '../../../gateway/media/mixer/mixer.js';

export type HostRequest =
  | { kind: 'open'; room: string; leg: string; anchor: UdpAddress; format: AudioFormat }
  | { kind: 'close'; leg: string }
  | { kind: 'cpu' };

/** The port opened, or the CPU time of the whole process so far. */
export interface HostAnswer {
  address?: UdpAddress;
  cpuMicroseconds?: number;
}

/** A program of ours that answers each message with one. */
export class AnsweringProcess<Request extends object, Answer> {
  readonly #process: ChildProcess;

  constructor(file: string) {
    this.#process = fork(file, { stdio: 'inherit' });
  }

  /** @throws Error when the process ends instead of answering. */
  async next(): Promise<Answer> {
    const abort = new AbortController();
    const ended = once(this.#process, 'exit', { signal: abort.signal }).then(() => {
      throw new Error('the process ended without an answer');
    });
    ended.catch(() => undefined);
    const [answer] = await Promise.race([once(this.#process, 'message'), ended]);
    abort.abort();
    return answer as Answer;
  }

  ask(request: Request): Promise<Answer> {
    const answer = this.next();
    this.#process.send(request);
    return answer;
  }

  signal(signal: NodeJS.Signals): void {
    this.#process.kill(signal);
  }

  async stop(): Promise<void> {
    if (this.#process.exitCode !== null) return;
    const exited = once(this.#process, 'exit');
    this.#process.disconnect();
    await exited;
  }
}

/** A mixer in a process of its own. */
export class MixerProcess {
  readonly #process = new AnsweringProcess<HostRequest, HostAnswer>(join(import.meta.dirname, 'mixer-host.js'));

  static async start(): Promise<MixerProcess> {
    const mixer = new MixerProcess();
    await mixer.#process.next();
    return mixer;
  }

  async open(room: string, leg: string, anchor: UdpAddress, format: AudioFormat): Promise<UdpAddress> {
    const { address } = await this.#process.ask({ kind: 'open', room, leg, anchor, format });
    if (address === undefined) throw new Error(`the mixer opened no port for ${leg}`);
    return address;
  }

  async close(leg: string): Promise<void> {
    await this.#process.ask({ kind: 'close', leg });
  }

  /** CPU time of all its threads so far, in µs. */
  async cpuMicroseconds(): Promise<number> {
    return (await this.#process.ask({ kind: 'cpu' })).cpuMicroseconds ?? Number.NaN;
  }

  signal(signal: NodeJS.Signals): void {
    this.#process.signal(signal);
  }

  stop(): Promise<void> {
    return this.#process.stop();
  }
}

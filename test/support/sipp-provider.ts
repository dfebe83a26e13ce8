import { readdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { PACKAGE_ROOT } from '../../gateway/config.js';
import { Child } from './child.js';
import { eventually, within } from './eventually.js';
import { freePort, listens, portStretch } from './free-port.js';
import { SipMessage } from './sip-message.js';
import { temporaryFolder } from './temporary-folder.js';

export interface SippProviderOptions {
  /** A file of test/data/sipp, without its ending. */
  scenario: string;
  calls?: number;
  transport?: 'udp' | 'tcp';
  host?: string;
  /** What stands in the scenario's [places]. */
  keys?: Readonly<Record<string, string>>;
}

/** A sipp that waits for calls and registrations, as a telephone provider does. */
export class SippProvider {
  readonly host: string;
  readonly port: number;
  readonly #child: Child;
  readonly #folder: string;

  static async start(options: SippProviderOptions): Promise<SippProvider> {
    const { scenario, calls = 1, transport = 'udp', host = '127.0.0.1', keys = {} } = options;
    const folder = temporaryFolder('provider');
    const port = await freePort(host);
    const child = await Child.start(
      'sipp',
      [
        ...['-sf', join(PACKAGE_ROOT, 'test', 'data', 'sipp', `${scenario}.xml`), '-m', String(calls)],
        ...['-i', host, '-p', String(port), '-mi', host, '-mp', String(portStretch(2 * calls + 4).first)],
        ...['-t', transport === 'tcp' ? 't1' : 'u1', '-timeout', '100s', '-timeout_error'],
        ...Object.entries(keys).flatMap(([key, value]) => ['-key', key, value]),
        ...['-trace_msg', '-trace_err', '-nostdin', '-skip_rlimit', '-default_behaviors', 'all'],
      ],
      { cwd: folder },
    );
    const provider = new SippProvider(child, folder, { host, port });
    await eventually('sipp to listen', () => listens(port), Boolean);
    return provider;
  }

  private constructor(child: Child, folder: string, { host, port }: { host: string; port: number }) {
    this.#child = child;
    this.#folder = folder;
    this.host = host;
    this.port = port;
  }

  /** What it received so far, in order, repetitions left out. */
  received(): SipMessage[] {
    const texts = this.#log('_messages.log')
      .split(/^-{10,} .*\n/m)
      .filter((entry) => /^\S+ message received/.test(entry))
      .map((entry) => entry.slice(entry.indexOf('\n\n') + 2));
    return [...new Set(texts)].map((text) => SipMessage.parse(text.replace(/\r?\n/g, '\r\n')));
  }

  /** Waits for the end of all its calls. @throws Error with what it found unexpected. */
  async finished(deadlineMs = 40_000): Promise<void> {
    const { code } = await within('the provider to finish', this.#child.exited, deadlineMs);
    if (code !== 0) throw new Error(`the provider ended with ${code}\n${this.#log('_errors.log').slice(0, 4000)}`);
  }

  async stop(): Promise<void> {
    this.#child.killNow();
    await this.#child.exited;
    rmSync(this.#folder, { recursive: true, force: true });
  }

  #log(ending: string): string {
    const name = readdirSync(this.#folder).find((file) => file.endsWith(ending));
    return name === undefined ? '' : readFileSync(join(this.#folder, name), 'utf8');
  }
}

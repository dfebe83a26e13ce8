import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { eventually, within } from './eventually.js';

export interface ChildExit {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
}

export interface ChildOptions {
  cwd?: string;
  env?: NodeJS.ProcessEnv;
  /** A process group of its own, so that `signalGroup` reaches the child and what it started. */
  detached?: boolean;
}

const alive = new Set<Child>();
process.on('exit', () => {
  for (const child of alive) child.killNow();
});

/** A program run by a test: its output is kept, and it never outlives the test run. */
export class Child {
  readonly pid: number;
  readonly name: string;
  /** How it ended; settles once its output is complete. */
  readonly exited: Promise<ChildExit>;
  readonly #process: ChildProcess;
  readonly #detached: boolean;
  #stdout = '';
  #stderr = '';
  #exit: ChildExit | undefined;

  static async start(command: string, args: readonly string[], options: ChildOptions = {}): Promise<Child> {
    const child = spawn(command, args, {
      cwd: options.cwd,
      env: options.env ?? process.env,
      detached: options.detached ?? false,
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    await once(child, 'spawn');
    return new Child(child, command, options.detached ?? false);
  }

  private constructor(child: ChildProcess, name: string, detached: boolean) {
    if (child.pid === undefined) throw new Error(`${name} did not start`);
    this.#process = child;
    this.#detached = detached;
    this.pid = child.pid;
    this.name = name;
    child.stdout?.setEncoding('utf8').on('data', (text: string) => {
      this.#stdout += text;
    });
    child.stderr?.setEncoding('utf8').on('data', (text: string) => {
      this.#stderr += text;
    });
    alive.add(this);
    this.exited = once(child, 'close').then(([code, signal]: unknown[]) => {
      alive.delete(this);
      this.#exit = { code: code as number | null, signal: signal as NodeJS.Signals | null };
      return this.#exit;
    });
  }

  get stdout(): string {
    return this.#stdout;
  }

  get stderr(): string {
    return this.#stderr;
  }

  get exit(): ChildExit | undefined {
    return this.#exit;
  }

  /** Waits for a line of standard output. @throws Error with all output when the program ends before, or too late. */
  async line(pattern: RegExp, deadlineMs = 60_000): Promise<RegExpExecArray> {
    const match = await eventually(
      `${this.name} to print ${pattern}`,
      () => pattern.exec(this.#stdout) ?? this.#exit,
      (seen) => seen !== undefined,
      deadlineMs,
    ).catch((error: Error) => {
      throw new Error(`${error.message}\n${this.describe()}`);
    });
    if (!Array.isArray(match)) throw new Error(`${this.name} ended without printing ${pattern}\n${this.describe()}`);
    return match;
  }

  signal(signal: NodeJS.Signals): void {
    this.#process.kill(signal);
  }

  /** What a terminal does on Ctrl-C: the signal goes to the program and to everything in its group. */
  signalGroup(signal: NodeJS.Signals): void {
    if (!this.#detached) throw new Error(`${this.name} has no process group of its own`);
    process.kill(-this.pid, signal);
  }

  killNow(): void {
    if (this.#exit !== undefined) return;
    try {
      process.kill(this.#detached ? -this.pid : this.pid, 'SIGKILL');
    } catch {
      // It ended between the check and the kill.
    }
  }

  async stop(signal: NodeJS.Signals = 'SIGTERM', deadlineMs = 40_000): Promise<ChildExit> {
    if (this.#exit === undefined) this.signal(signal);
    try {
      return await within(`${this.name} to end after ${signal}`, this.exited, deadlineMs);
    } catch (error) {
      this.killNow();
      await this.exited;
      throw error;
    }
  }

  describe(): string {
    return `${this.name} (pid ${this.pid}, ${this.#exit === undefined ? 'running' : JSON.stringify(this.#exit)})
--- stdout
${this.#stdout.slice(-4000)}
--- stderr
${this.#stderr.slice(-8000)}`;
  }
}

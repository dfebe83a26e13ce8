import { Worker } from 'node:worker_threads';
import { RoomlineError } from '../../errors.js';
import type { Command, FromWorker, Notice, ResultOf, WorkerSettings } from './protocol.js';

interface Waiting {
  resolve(result: never): void;
  reject(error: Error): void;
}

/** The near end of one worker thread: a promise per command, and word of its death. */
export class WorkerHandle {
  /** Resolves when the thread takes commands. */
  readonly ready: Promise<void>;
  /** Legs opened and not closed: by it rooms are shared out. */
  load = 0;
  readonly #worker: Worker;
  readonly #waiting = new Map<number, Waiting>();
  #nextId = 1;
  #stopping = false;
  #dead = false;

  constructor(
    entry: URL,
    settings: WorkerSettings,
    hooks: { onNotice(notice: Notice): void; onError(error: Error): void; onDeath(): void },
  ) {
    this.#worker = new Worker(entry, { workerData: settings, name: 'roomline-mixer' });
    let markReady: () => void = () => undefined;
    let markFailed: (error: Error) => void = () => undefined;
    this.ready = new Promise((resolve, reject) => {
      markReady = resolve;
      markFailed = reject;
    });
    this.ready.catch(() => undefined);
    this.#worker.on('message', (message: FromWorker) => {
      if (message.kind === 'ready') markReady();
      else if (message.kind === 'done') this.#settle(message.id, (waiting) => waiting.resolve(message.result as never));
      else if (message.kind === 'failed') {
        this.#settle(message.id, (waiting) => waiting.reject(new RoomlineError(message.errorKind, message.message)));
      } else hooks.onNotice(message);
    });
    this.#worker.on('error', (error) => hooks.onError(error));
    this.#worker.on('exit', (code) => {
      this.#dead = true;
      const error = new RoomlineError('unavailable', `the mixer thread ended with code ${code}`);
      markFailed(error);
      for (const waiting of this.#waiting.values()) waiting.reject(error);
      this.#waiting.clear();
      if (!this.#stopping) hooks.onDeath();
    });
  }

  /** @throws RoomlineError what the worker says, or `unavailable` when it dies first. */
  ask<C extends Command>(command: C): Promise<ResultOf<C['kind']>> {
    if (this.#dead) return Promise.reject(new RoomlineError('unavailable', 'the mixer thread ended'));
    return new Promise((resolve, reject) => {
      const id = this.#nextId++;
      this.#waiting.set(id, { resolve, reject });
      this.#worker.postMessage({ id, command });
    });
  }

  /** Closes every port and ends the thread; one that does not obey in time is ended anyway. */
  async stop(deadlineMs: number): Promise<void> {
    this.#stopping = true;
    if (this.#dead) return;
    const ended = new Promise<void>((resolve) => this.#worker.once('exit', () => resolve()));
    const deadline = setTimeout(() => void this.#worker.terminate(), deadlineMs);
    this.ask({ kind: 'stop' }).catch(() => undefined);
    await ended;
    clearTimeout(deadline);
  }

  #settle(id: number, settle: (waiting: Waiting) => void): void {
    const waiting = this.#waiting.get(id);
    this.#waiting.delete(id);
    if (waiting !== undefined) settle(waiting);
  }
}

import rtpengineClient, { type Client, type NgArguments, type NgReply } from 'rtpengine-client';
import { isLoopback } from '../config.js';
import { RoomlineError } from '../errors.js';
import { within } from '../within.js';

export interface NgAddress {
  readonly host: string;
  readonly port: number;
}

export type NgCommand = 'offer' | 'answer' | 'delete' | 'list' | 'ping' | 'statistics' | 'blockMedia' | 'unblockMedia';

export interface NgClientOptions {
  /** How long one try may take; there are two. */
  deadlineMs: number;
  onError(error: Error): void;
}

/** A socket, and how many requests wait on it. */
interface Lane {
  readonly client: Client;
  waiting: number;
  retired: boolean;
}

const TRIES = 2;

/**
 * Sends ng commands to one rtpengine. rtpengine-client forgets no request that is never answered, and prints those
 * answered after its own timeout: so a socket on which a deadline passed gets no more requests, and is closed,
 * with all it remembers, when the others on it are through.
 */
export class NgClient {
  readonly address: NgAddress;
  readonly #options: NgClientOptions;
  #lane: Lane | undefined;
  #closed = false;

  constructor(address: NgAddress, options: NgClientOptions) {
    this.address = address;
    this.#options = options;
  }

  /**
   * @throws RoomlineError `unavailable` when no answer comes in time, `not-acceptable` when rtpengine cannot use the
   * SDP, `unavailable` for any other complaint of rtpengine.
   */
  async request(command: NgCommand, args: NgArguments = {}): Promise<NgReply> {
    for (let attempt = 1; attempt <= TRIES && !this.#closed; attempt++) {
      const reply = await this.#attempt(command, args);
      if (reply !== undefined) return checked(command, reply);
    }
    const { host, port } = this.address;
    throw new RoomlineError('unavailable', `rtpengine at ${host}:${port} did not answer ${command}`, {
      code: 'rtpengine-silent',
      retryAfterSeconds: 5,
    });
  }

  /** True when it answers a ping within one deadline. */
  async answers(): Promise<boolean> {
    return (await this.#attempt('ping', {}))?.result === 'pong';
  }

  close(): void {
    this.#closed = true;
    this.#lane?.client.close();
    this.#lane = undefined;
  }

  /** Resolves with undefined when no answer came in time. */
  async #attempt(command: NgCommand, args: NgArguments): Promise<NgReply | undefined> {
    const lane = this.#openLane();
    lane.waiting++;
    const answer = lane.client[command]({ ...this.address }, args).catch((error: unknown) => {
      this.#options.onError(error instanceof Error ? error : new Error(String(error)));
      // As good as no answer: the next try is not to follow at once.
      return new Promise<undefined>(() => undefined);
    });
    const reply = await within(this.#options.deadlineMs, answer, undefined);
    lane.waiting--;
    if (reply === undefined) this.#retire(lane);
    if (lane.retired && lane.waiting === 0) lane.client.close();
    return reply;
  }

  #openLane(): Lane {
    if (this.#lane !== undefined) return this.#lane;
    const client = new rtpengineClient.Client({
      localAddress: isLoopback(this.address.host) ? '127.0.0.1' : '0.0.0.0',
    });
    client.on('error', (error: Error) => this.#options.onError(error));
    this.#lane = { client, waiting: 0, retired: false };
    return this.#lane;
  }

  #retire(lane: Lane): void {
    if (this.#lane !== lane) return;
    lane.retired = true;
    this.#lane = undefined;
  }
}

function checked(command: NgCommand, reply: NgReply): NgReply {
  if (reply.result === 'ok' || reply.result === 'pong') return reply;
  const reason = String(reply['error-reason'] ?? reply.result);
  const unusable = /sdp/i.test(reason);
  throw new RoomlineError(unusable ? 'not-acceptable' : 'unavailable', `rtpengine refused ${command}: ${reason}`, {
    code: unusable ? 'sdp-refused' : 'rtpengine-refused',
  });
}

import { z } from 'zod';
import { type ErrorKind, RoomlineError } from '../errors.js';
import { PEER_PREFIX } from './protocol.js';

const DEADLINE_MS = 3_000;

/** The code of a voice server that does not answer: another may be asked instead. */
export const UNREACHABLE = 'voice-server-unreachable';

export interface PeerClientOptions {
  /** Where the voice server's HTTP is, such as `https://voice-1.example.com:8080`. */
  readonly url: string;
  readonly key: string;
  readonly deadlineMs?: number;
}

/** One voice server, asked over HTTP. */
export interface PeerClient {
  readonly url: string;
  /**
   * Sends a request and validates its answer.
   * @throws RoomlineError what the voice server says, or `unavailable` when it does not answer in time.
   */
  ask<Schema extends z.ZodType>(method: string, path: string, body: unknown, schema: Schema): Promise<z.output<Schema>>;
  /** Sends a request that is answered without a body. */
  tell(method: string, path: string, body?: unknown): Promise<void>;
  /** Opens a stream; `signal` ends it. */
  open(path: string, signal: AbortSignal): Promise<ReadableStream<Uint8Array>>;
}

const KINDS: Readonly<Record<number, ErrorKind>> = {
  400: 'invalid',
  403: 'forbidden',
  404: 'not-found',
  409: 'conflict',
  429: 'too-many',
  503: 'unavailable',
  504: 'timeout',
};

const errorBody = z.object({
  error: z.object({ code: z.string(), message: z.string(), details: z.unknown().optional() }),
});

export function createPeerClient(options: PeerClientOptions): PeerClient {
  const { key, deadlineMs = DEADLINE_MS } = options;
  const url = options.url.replace(/\/+$/, '');

  async function send(method: string, path: string, body: unknown, signal: AbortSignal): Promise<Response> {
    const response = await fetch(`${url}${PEER_PREFIX}${path}`, {
      method,
      headers: {
        authorization: `Bearer ${key}`,
        ...(body === undefined ? {} : { 'content-type': 'application/json' }),
      },
      redirect: 'error',
      signal,
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    if (response.ok) return response;
    throw errorOf(url, response, await response.text());
  }

  async function sendInTime<T>(
    method: string,
    path: string,
    body: unknown,
    read: (response: Response) => Promise<T>,
  ): Promise<T> {
    try {
      return await read(await send(method, path, body, AbortSignal.timeout(deadlineMs)));
    } catch (error) {
      throw error instanceof RoomlineError ? error : unreachable(url, error);
    }
  }

  return {
    url,
    ask: (method, path, body, schema) =>
      sendInTime(method, path, body, async (response) => {
        const answer = schema.safeParse(await response.json());
        if (answer.success) return answer.data;
        throw new RoomlineError('internal', `${url} gave an answer that is none`, { cause: answer.error });
      }),
    tell: (method, path, body) =>
      sendInTime(method, path, body, async (response) => {
        await response.arrayBuffer();
      }),
    async open(path, signal) {
      const response = await send('GET', path, undefined, signal);
      if (response.body === null) throw unreachable(url, new Error('the stream is empty'));
      return response.body;
    },
  };
}

/** What the voice server says is what the asker is told; that it does not know us is not the asker's fault. */
function errorOf(url: string, response: Response, text: string): RoomlineError {
  const { status } = response;
  const said = errorBody.safeParse(parseJson(text)).data?.error;
  const kind = KINDS[status];
  if (said === undefined || kind === undefined) {
    return unreachable(url, new Error(`answered ${status}${said === undefined ? '' : `: ${said.message}`}`));
  }
  const retryAfterSeconds = Number(response.headers.get('retry-after'));
  return new RoomlineError(kind, said.message, {
    code: said.code,
    details: said.details,
    ...(retryAfterSeconds > 0 ? { retryAfterSeconds } : {}),
  });
}

function unreachable(url: string, cause: unknown): RoomlineError {
  return new RoomlineError('unavailable', `the voice server at ${url} does not answer`, {
    code: UNREACHABLE,
    retryAfterSeconds: 5,
    cause,
  });
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

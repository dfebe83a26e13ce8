import { type Problem, ProblemError, problemOfHttpStatus } from './problem.js';

/** JSON over HTTP with the login token. Everything throws ProblemError. */
export interface Http {
  ask<Answer>(method: string, path: string, body?: unknown, headers?: Record<string, string>): Promise<Answer>;
  /** Opens an event stream. */
  follow(path: string, signal: AbortSignal): Promise<ReadableStream<Uint8Array>>;
}

const ANSWER_TIMEOUT_MS = 10_000;

export function createHttp(deps: {
  baseUrl: string;
  token: () => string | undefined;
  onUnauthorized: () => void;
}): Http {
  function headers(accept: string, body: boolean): Record<string, string> {
    const token = deps.token();
    return {
      accept,
      ...(body ? { 'content-type': 'application/json' } : {}),
      ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
    };
  }

  async function refusal(response: Response): Promise<ProblemError> {
    if (response.status === 401 && deps.token() !== undefined) deps.onUnauthorized();
    return new ProblemError(await problemOfResponse(response));
  }

  return {
    async ask<Answer>(method: string, path: string, body?: unknown, more: Record<string, string> = {}) {
      const response = await reach(`${deps.baseUrl}${path}`, {
        method,
        headers: { ...headers('application/json', body !== undefined), ...more },
        signal: AbortSignal.timeout(ANSWER_TIMEOUT_MS),
        ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      });
      if (!response.ok) throw await refusal(response);
      return (response.status === 204 ? undefined : await readJson(response)) as Answer;
    },
    async follow(path, signal) {
      const response = await reach(`${deps.baseUrl}${path}`, { headers: headers('text/event-stream', false), signal });
      if (!response.ok || response.body === null) throw await refusal(response);
      return response.body;
    },
  };
}

async function reach(url: string, init: RequestInit): Promise<Response> {
  try {
    return await fetch(url, init);
  } catch (error) {
    throw new ProblemError(problemOfHttpStatus(0), error);
  }
}

async function readJson(response: Response): Promise<unknown> {
  try {
    return (await response.json()) as unknown;
  } catch (error) {
    throw new ProblemError({ code: 'server-error' }, error);
  }
}

async function problemOfResponse(response: Response): Promise<Problem> {
  const retryAfter = Number(response.headers.get('retry-after') ?? Number.NaN);
  const body = (await response.json().catch(() => undefined)) as
    | { error?: { code?: unknown; message?: unknown } }
    | undefined;
  const { code, message } = body?.error ?? {};
  return problemOfHttpStatus(response.status, {
    reason: typeof code === 'string' ? code : undefined,
    detail: typeof message === 'string' ? message : undefined,
    retryAfterSeconds: Number.isFinite(retryAfter) ? retryAfter : undefined,
  });
}

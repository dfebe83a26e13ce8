import { type Problem, ProblemError, problemOfHttpStatus } from './problem.js';

export interface Group {
  readonly name: string;
  readonly title: string;
  readonly role: 'moderator' | 'member';
  /** The group's room number, once it has one. */
  readonly number?: string;
}

export interface Me {
  readonly name: string;
  readonly displayName: string;
  readonly groups: readonly Group[];
}

/** What to reach the SIP side with; never the user's password. */
export interface SipClient {
  readonly wsUrl: string;
  readonly aor: string;
  readonly username: string;
  readonly password: string;
  readonly expiresAt: string;
}

export interface VoiceRoom {
  readonly room: { readonly number: string; readonly uri: string };
  readonly client: SipClient;
}

/** The gateway's HTTP API, as far as the softphone uses it. Everything throws ProblemError. */
export interface Api {
  login(user: string, password: string): Promise<string>;
  me(): Promise<Me>;
  requestVoice(group: string): Promise<VoiceRoom>;
  setMuted(room: string, participant: string, muted: boolean): Promise<void>;
  remove(room: string, participant: string): Promise<void>;
  /** The room's event stream, as text in pieces of any size, until `signal` aborts or the stream ends. */
  events(room: string, signal: AbortSignal): Promise<ReadableStream<Uint8Array>>;
}

const ANSWER_TIMEOUT_MS = 10_000;

/**
 * @param deps.token the login token to send along, if there is one
 * @param deps.onUnauthorized told when a token is no longer accepted
 */
export function createApi(deps: { baseUrl: string; token: () => string | undefined; onUnauthorized: () => void }): Api {
  function headers(accept: string, body: boolean): Record<string, string> {
    const token = deps.token();
    return {
      accept,
      ...(body ? { 'content-type': 'application/json' } : {}),
      ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
    };
  }

  async function ask(method: string, path: string, body?: unknown): Promise<unknown> {
    const response = await reach(`${deps.baseUrl}${path}`, {
      method,
      headers: headers('application/json', body !== undefined),
      signal: AbortSignal.timeout(ANSWER_TIMEOUT_MS),
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    if (!response.ok) throw await refusal(response);
    return response.status === 204 ? undefined : ((await readJson(response)) as unknown);
  }

  async function refusal(response: Response): Promise<ProblemError> {
    if (response.status === 401 && deps.token() !== undefined) deps.onUnauthorized();
    return new ProblemError(await problemOfResponse(response));
  }

  const participantPath = (room: string, participant: string) =>
    `/v1/rooms/${encodeURIComponent(room)}/participants/${encodeURIComponent(participant)}`;

  return {
    async login(user, password) {
      try {
        return ((await ask('POST', '/v1/login', { user, password })) as { token: string }).token;
      } catch (error) {
        throw wrongPasswordOr(error);
      }
    },
    async me() {
      return (await ask('GET', '/v1/me')) as Me;
    },
    async requestVoice(group) {
      return (await ask('POST', '/v1/voice-requests', { kind: 'voice-communication', group })) as VoiceRoom;
    },
    async setMuted(room, participant, muted) {
      await ask('PATCH', participantPath(room, participant), { muted });
    },
    async remove(room, participant) {
      await ask('DELETE', participantPath(room, participant));
    },
    async events(room, signal) {
      const url = `${deps.baseUrl}/v1/rooms/${encodeURIComponent(room)}/events`;
      const response = await reach(url, { headers: headers('text/event-stream', false), signal });
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
  const body = (await response.json().catch(() => undefined)) as { error?: { message?: unknown } } | undefined;
  const message = body?.error?.message;
  return problemOfHttpStatus(
    response.status,
    typeof message === 'string' ? message : undefined,
    Number.isFinite(retryAfter) ? retryAfter : undefined,
  );
}

/** A 401 to a login means the password, not the session. */
function wrongPasswordOr(error: unknown): unknown {
  return error instanceof ProblemError && error.problem.code === 'session-expired'
    ? new ProblemError({ code: 'wrong-password' }, error)
    : error;
}

import type { Answer, RequestOptions } from './api-request.js';
import type { ApiServer } from './api-server.js';

export interface VoiceAnswer {
  readonly room: {
    readonly number: string;
    readonly kind: string;
    readonly title: string;
    readonly uri: string;
    readonly team?: string;
    readonly expiresAt?: string;
  };
  readonly invitations: readonly { id: string; to: string; state: string }[];
  readonly client: { wsUrl: string; aor: string; username: string; password: string; expiresAt: string };
}

export const TEMPORARY = 'temporary-voice-communication';
export const EXCLUSIVE = 'exclusive-voice-communication';

/** What a request leaves behind: numbers that are taken, and people who are called. */
export async function written(api: ApiServer) {
  return { numbers: await api.numbersTaken(), invited: api.invited.length };
}

export function ask(api: ApiServer, token: string, json: unknown, more: RequestOptions = {}): Promise<Answer> {
  return api.request('/v1/voice-requests', { token, json, ...more });
}

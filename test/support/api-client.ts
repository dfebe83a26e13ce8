import { RoomEvents } from './room-events.js';

export interface ApiReply<Body> {
  readonly status: number;
  readonly body: Body;
  readonly headers: Headers;
}

export interface ApiParticipant {
  readonly id: string;
  readonly user?: string;
  readonly name: string;
  readonly device: string;
  readonly muted: boolean;
  readonly talking: boolean;
  readonly held: boolean;
  readonly role: string;
}

export interface ApiRoom {
  readonly number: string;
  readonly kind: string;
  readonly uri: string;
  readonly participants: readonly ApiParticipant[];
}

/** The gateway's HTTP API as a demo user's client sees it; logs each user in once. */
export class ApiClient {
  readonly url: string;
  readonly #tokens = new Map<string, Promise<string>>();

  constructor(url: string) {
    this.url = url;
  }

  /** The token of a demo user. */
  login(user: string): Promise<string> {
    const token = this.#tokens.get(user) ?? this.#login(user);
    this.#tokens.set(user, token);
    return token;
  }

  async request<Body = unknown>(user: string, method: string, path: string, body?: unknown): Promise<ApiReply<Body>> {
    const response = await fetch(`${this.url}${path}`, {
      method,
      headers: {
        authorization: `Bearer ${await this.login(user)}`,
        ...(body === undefined ? {} : { 'content-type': 'application/json' }),
      },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    const text = await response.text();
    return {
      status: response.status,
      headers: response.headers,
      body: (text === '' ? null : JSON.parse(text)) as Body,
    };
  }

  /** Asks for the room of a group, as the softphone's one click does; returns its number. */
  async roomNumber(user: string, group: string): Promise<string> {
    const reply = await this.request<{ room: { number: string } }>(user, 'POST', '/v1/voice-requests', {
      kind: 'voice-communication',
      group,
    });
    if (reply.status !== 201) throw new Error(`no room for ${user}: ${reply.status} ${JSON.stringify(reply.body)}`);
    return reply.body.room.number;
  }

  async room(user: string, number: string): Promise<ApiRoom> {
    const { status, body } = await this.request<ApiRoom>(user, 'GET', `/v1/rooms/${number}`);
    if (status !== 200) throw new Error(`room ${number} answered ${status} ${JSON.stringify(body)} to ${user}`);
    return body;
  }

  /** Opens the room's event stream; it has begun when this resolves. */
  async events(user: string, number: string): Promise<RoomEvents> {
    return RoomEvents.open(`${this.url}/v1/rooms/${number}/events`, await this.login(user));
  }

  async #login(user: string): Promise<string> {
    const response = await fetch(`${this.url}/v1/login`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ user, password: `${user}-demo` }),
    });
    const body = (await response.json()) as { token?: string };
    if (response.status !== 200 || body.token === undefined) {
      throw new Error(`login of ${user} answered ${response.status} ${JSON.stringify(body)}`);
    }
    return body.token;
  }
}

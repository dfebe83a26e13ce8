import assert from 'node:assert/strict';
import { roomline } from '../cli/roomline.js';
import { Caller } from '../support/caller.js';
import { mariadb } from '../support/databases.js';
import { eventually } from '../support/eventually.js';
import { type GatewayEnvironment, TestGateway } from '../support/gateway.js';
import { randomToken } from '../support/sip-message.js';
import { temporaryFolder } from '../support/temporary-folder.js';
import { type OnCall, WebSocketPhone } from '../support/websocket-phone.js';

export interface Client {
  readonly wsUrl: string;
  readonly aor: string;
  readonly username: string;
  readonly password: string;
}

export interface VoiceAnswer {
  readonly room: { number: string; kind: string; uri: string; team?: string };
  readonly invitations: readonly { id: string; to: string; state: string }[];
  readonly client: Client;
}

export interface ApiInvitation {
  readonly id: string;
  readonly to: string;
  readonly state: string;
  readonly tries: number;
  readonly cause?: string;
}

const DATABASES: Readonly<Record<string, () => Promise<GatewayEnvironment>>> = {
  SQLite: async () => ({ DATABASE_URL: `sqlite:${temporaryFolder('requests')}/roomline.sqlite` }),
  MariaDB: async () => {
    const server = await mariadb();
    const name = `requests_${randomToken()}`;
    await server.query(`create database ${name}`);
    return { DATABASE_URL: `mysql://root@127.0.0.1:${server.port}/${name}` };
  },
};

/** Runs the same tests on a gateway on SQLite and one on MariaDB, whose people make voice requests and dial. */
export function describeRequests(name: string, tests: (stage: RequestStage) => void): void {
  for (const [database, environment] of Object.entries(DATABASES)) {
    describe(`${name}, on ${database}`, function () {
      this.timeout(120_000);
      const stage = new RequestStage();
      before(async () => stage.open(await environment()));
      afterEach(() => stage.clear());
      after(() => stage.close());
      tests(stage);
    });
  }
}

/** A gateway, and the phones and browsers of those who make voice requests of it. */
export class RequestStage {
  readonly #callers: Caller[] = [];
  readonly #browsers: WebSocketPhone[] = [];
  #settings: GatewayEnvironment = {};
  #gateway: TestGateway | undefined;

  get gateway(): TestGateway {
    if (this.#gateway === undefined) throw new Error('the gateway runs only while its tests do');
    return this.#gateway;
  }

  /** The demo's alice is an administrator. */
  async open(settings: GatewayEnvironment): Promise<void> {
    this.#settings = settings;
    this.#gateway = await TestGateway.start(settings);
    await this.administer('user', 'admin', 'alice');
  }

  /** Everybody goes. */
  async clear(): Promise<void> {
    for (const browser of this.#browsers.splice(0)) browser.vanish();
    for (const caller of this.#callers.splice(0)) await caller.close();
    await this.gateway.holdsNothing();
  }

  async close(): Promise<void> {
    await this.#gateway?.stop();
  }

  /** What the operator does on the command line, beside the gateway that runs. */
  async administer(...command: readonly string[]): Promise<void> {
    const { code, stderr } = await roomline(command, { env: { ROOMLINE_SEED: 'demo', ...this.#settings } });
    assert.deepEqual([code, stderr], [0, '']);
  }

  async request(user: string, body: unknown): Promise<VoiceAnswer> {
    const reply = await this.gateway.api.request<VoiceAnswer>(user, 'POST', '/v1/voice-requests', body);
    assert.equal(reply.status, 201, JSON.stringify(reply.body));
    return reply.body;
  }

  async phone(user: string, number: string, frequencyHz?: number): Promise<Caller> {
    const rtp = frequencyHz === undefined ? {} : { rtp: { frequencyHz } };
    const caller = await Caller.open(number, { server: this.gateway.sip, user, ...rtp });
    this.#callers.push(caller);
    return caller;
  }

  async statusOfDialling(user: string, number: string): Promise<number> {
    const caller = await this.phone(user, number);
    return (await caller.call.invite()).status;
  }

  async statusOf(user: string, path: string): Promise<number> {
    return (await this.gateway.api.request(user, 'GET', path)).status;
  }

  async browser(client: Client, onCall: OnCall): Promise<WebSocketPhone> {
    const { username, password } = client;
    const found = await WebSocketPhone.open(client.wsUrl, /^sip:([^@]+)@/.exec(client.aor)?.[1] ?? '');
    this.#browsers.push(found);
    found.onCall = onCall;
    assert.equal((await found.ask('REGISTER', 'sip:127.0.0.1', { username, password })).status, 200);
    return found;
  }

  /** What a user's page has to register with. */
  async clientOf(user: string): Promise<Client> {
    return (await this.request(user, { kind: 'exclusive-voice-communication' })).client;
  }

  async invitation(user: string, number: string, to: string, state: string): Promise<ApiInvitation> {
    const path = `/v1/rooms/${number}/invitations`;
    const look = async () => {
      const { body } = await this.gateway.api.request<{ invitations: ApiInvitation[] }>(user, 'GET', path);
      return body.invitations.filter((one) => one.to === to).at(-1);
    };
    const found = await eventually(`${to} to be ${state}`, look, (seen) => seen?.state === state);
    return found ?? assert.fail();
  }

  /** Asks to be let in by the PIN. */
  enterAsGuest(number: string, pin: string): Promise<Response> {
    return fetch(`${this.gateway.httpUrl}/v1/rooms/${number}/guests`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ pin, name: 'Zoë' }),
    });
  }
}

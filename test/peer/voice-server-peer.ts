import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { RoomlineError } from '../../gateway/errors.js';
import { createPeerClient, type PeerClient } from '../../gateway/peer/peer-client.js';
import { createPeerServer, type PeerServer } from '../../gateway/peer/peer-server.js';
import { createAccessEvents } from '../../gateway/rooms/access-events.js';
import type { Invitation } from '../../gateway/rooms/invitations.js';
import type { Room } from '../../gateway/rooms/room.js';
import { Roster } from '../../gateway/rooms/roster.js';
import type { User } from '../../gateway/rooms/user.js';
import { silentLog } from '../support/silent-log.js';

export const KEY = 'k'.repeat(32);
export const ALICE: User = {
  id: 'id-of-alice',
  name: 'alice',
  displayName: 'Alice',
  admin: false,
  revokedBefore: new Date(0),
  memberships: [],
};

/** A voice server's HTTP side over a real port; what is behind it notes what it was asked. */
export class VoiceServerPeer {
  readonly roster = new Roster();
  readonly accessEvents = createAccessEvents();
  readonly asked: unknown[] = [];
  readonly invitations = new Map<string, Invitation>();
  takesCalls = true;
  /** What it answers; an Error is thrown, and a promise that never settles is silence. */
  room: Room | Error | Promise<never> = {
    number: '500001',
    kind: 'temporary',
    title: 'red',
    team: 'red',
    hasPin: false,
  };
  /** What calls to phones are refused with. */
  refusal: RoomlineError | undefined;
  readonly #http: Server = createServer();
  readonly #peer: PeerServer;

  static async start(options: { beatMs?: number; fromHereOnly?: boolean } = {}): Promise<VoiceServerPeer> {
    const peer = new VoiceServerPeer(options.beatMs ?? 60_000, options.fromHereOnly ?? false);
    peer.#http.listen(0, '127.0.0.1');
    await once(peer.#http, 'listening');
    return peer;
  }

  private constructor(beatMs: number, fromHereOnly: boolean) {
    const note = (...asked: unknown[]) => void this.asked.push(asked);
    const answer = async () => {
      if (this.room instanceof Error) throw this.room;
      return this.room;
    };
    this.#peer = createPeerServer({
      key: KEY,
      fromHereOnly,
      log: silentLog,
      users: {
        findByName: async (name) => (name === ALICE.name ? ALICE : undefined),
        findByExternalId: async () => undefined,
        findPasswordHash: async () => undefined,
      },
      voiceServer: {
        temporaryRoom: (asker, team) => {
          note('temporaryRoom', asker.name, team);
          return answer();
        },
        exclusiveRoom: (owner) => {
          note('exclusiveRoom', owner.name);
          return answer();
        },
      },
      liveRooms: {
        setMuted: async (id, muted) => {
          note('setMuted', id, muted);
          this.roster.update(id, { muted });
        },
        setRole: async (id, role) => {
          note('setRole', id, role);
          this.roster.update(id, { role });
        },
        setHandRaised: async (id, handRaised) => {
          note('setHandRaised', id, handRaised);
          this.roster.update(id, { handRaised });
        },
        muteAll: async (room) => {
          note('muteAll', room);
          const heard = this.roster.participants(room).filter(({ muted }) => !muted);
          for (const { id } of heard) this.roster.update(id, { muted: true });
          return heard.length;
        },
        setLocked: async (room, locked) => {
          note('setLocked', room, locked);
          this.roster.setLocked(room, locked);
        },
        remove: async (id) => {
          note('remove', id);
          this.roster.leave(id, 'removed');
        },
      },
      inviter: {
        invite: (inviter, invitations) =>
          note(
            'invite',
            inviter.name,
            invitations.map(({ id }) => id),
          ),
        cancel: (id) => note('cancel', id),
      },
      outsideCalls: {
        requireCallable: async (user, telephones) => {
          note('requireCallable', user, telephones);
          if (this.refusal !== undefined) throw this.refusal;
        },
      },
      ownPhones: {
        callOwnPhone: async ({ name }, { number }) => {
          note('callOwnPhone', name, number);
          if (this.refusal !== undefined) throw this.refusal;
        },
      },
      invitations: { find: async (id) => this.invitations.get(id) },
      roster: this.roster,
      accessEvents: this.accessEvents,
      beatMs,
      about: () => ({ wsUrl: `${this.url}/sip`, sipHost: 'voice.example', sipPort: 5060, takesCalls: this.takesCalls }),
    });
    this.accessEvents.onAny((name, event) => note(name, event));
    this.#http.on('request', this.#peer.handler);
  }

  get url(): string {
    const address = this.#http.address() as AddressInfo | null;
    return `http://127.0.0.1:${address?.port ?? 0}`;
  }

  client(key = KEY, deadlineMs?: number): PeerClient {
    return createPeerClient({ url: this.url, key, ...(deadlineMs === undefined ? {} : { deadlineMs }) });
  }

  tellState(): void {
    this.#peer.tellState();
  }

  /** Cuts every connection, as a network does. */
  cut(): void {
    this.#http.closeAllConnections();
  }

  async stop(): Promise<void> {
    if (!this.#http.listening) return;
    this.#peer.close();
    const closed = once(this.#http, 'close');
    this.#http.close();
    this.#http.closeAllConnections();
    await closed;
  }
}

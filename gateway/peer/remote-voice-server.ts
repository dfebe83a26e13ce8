import { randomUUID } from 'node:crypto';
import { RoomlineError } from '../errors.js';
import { type ReadyVoiceServer, requireVoiceServer } from '../rooms/ready-voice-server.js';
import type { Room } from '../rooms/room.js';
import type { User } from '../rooms/user.js';
import type { VoiceServer } from '../rooms/voice-server.js';
import { type PeerClient, UNREACHABLE } from './peer-client.js';
import { NOT_READY, roomAnswer } from './protocol.js';

/** What asks need of the lines to voice servers. */
export interface VoiceServerPool {
  /** Those that take calls, the one to ask first. */
  ready(): readonly { readonly client: PeerClient }[];
  addresses(): readonly ReadyVoiceServer[];
}

/** The second server, on another machine: asks one that is ready, and the next where that one does not answer. */
export function createRemoteVoiceServer(pool: VoiceServerPool): VoiceServer {
  async function askForRoom(path: string, body: object): Promise<Room> {
    const { room } = await askAny(pool, (client) => client.ask('POST', path, body, roomAnswer));
    return room;
  }

  return {
    // Made up here: asked again elsewhere, it is still the same team.
    temporaryRoom: (asker, team = randomUUID()) => askForRoom('/temporary-rooms', { asker: identify(asker), team }),
    exclusiveRoom: (owner) => askForRoom('/exclusive-rooms', { asker: identify(owner) }),
  };
}

/** @throws RoomlineError what the first that answers says, or `unavailable` when none does. */
export async function askAny<T>(pool: VoiceServerPool, ask: (client: PeerClient) => Promise<T>): Promise<T> {
  let failure: unknown;
  for (const { client } of pool.ready()) {
    try {
      return await ask(client);
    } catch (error) {
      if (!mayAskAnother(error)) throw error;
      failure ??= error;
    }
  }
  if (failure !== undefined) throw failure;
  requireVoiceServer(() => pool.addresses());
  throw new RoomlineError('unavailable', 'no voice server answers', { code: UNREACHABLE, retryAfterSeconds: 5 });
}

/** A timeout counts too: all that is asked comes to the same when it is asked twice. */
function mayAskAnother(error: unknown): boolean {
  return error instanceof RoomlineError && [UNREACHABLE, NOT_READY].includes(error.code);
}

export function identify({ id, name }: Pick<User, 'id' | 'name'>): { id: string; name: string } {
  return { id, name };
}

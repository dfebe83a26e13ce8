import { setTimeout as delay } from 'node:timers/promises';
import type { z } from 'zod';
import { RoomlineError } from '../errors.js';
import type { Log } from '../log.js';
import type { AccessEventBus, AccessEvents } from '../rooms/access-events.js';
import { moderates } from '../rooms/admission.js';
import type { InvitationStore, Inviter } from '../rooms/invitations.js';
import type { OutsideCallCheck } from '../rooms/outside-call-check.js';
import type { OwnPhones } from '../rooms/own-phones.js';
import type { RoomNumber } from '../rooms/room.js';
import type { LiveRooms, ParticipantId, Roster } from '../rooms/roster.js';
import { MOST_IDS, muteAllAnswer, type participantChange } from './protocol.js';
import { askAny, identify, type VoiceServerPool } from './remote-voice-server.js';
import type { VoiceServerLinks } from './voice-server-links.js';

/** Acts on participants where their calls are. */
export function createRemoteLiveRooms(links: VoiceServerLinks, roster: Roster): LiveRooms {
  function pathOf(id: string) {
    const link = links.linkOf(id);
    if (link !== undefined) return { client: link.client, path: `/participants/${encodeURIComponent(id)}` };
    throw new RoomlineError('not-found', `no participant ${id} is in a room`, { code: 'participant-not-found' });
  }

  async function change(id: ParticipantId, changed: z.input<typeof participantChange>): Promise<void> {
    const { client, path } = pathOf(id);
    await client.tell('PATCH', path, changed);
    // The roster's stream says so too, a moment later than the answer.
    roster.update(id, changed);
  }

  /** All participants of a room are at one voice server. */
  function clientOf(room: RoomNumber) {
    const [someone] = roster.participants(room);
    return someone === undefined ? undefined : links.linkOf(someone.id)?.client;
  }

  return {
    setMuted: (id, muted) => change(id, { muted }),
    setRole: (id, role) => change(id, { role }),
    setHandRaised: (id, handRaised) => change(id, { handRaised }),
    async muteAll(room) {
      const client = clientOf(room);
      if (client === undefined) return 0;
      const { muted } = await client.ask('POST', `/rooms/${room}/mute-all`, undefined, muteAllAnswer);
      for (const { id, role } of roster.participants(room)) if (!moderates(role)) roster.update(id, { muted: true });
      return muted;
    },
    async setLocked(room, locked) {
      const client = clientOf(room);
      if (client === undefined) {
        throw new RoomlineError('not-found', `nobody is in room ${room}: only a live room can be locked`, {
          code: 'room-not-live',
        });
      }
      await client.tell('PATCH', `/rooms/${room}`, { locked });
      roster.setLocked(room, locked);
    },
    async remove(id) {
      const { client, path } = pathOf(id);
      await client.tell('DELETE', path);
      roster.leave(id, 'removed');
    },
  };
}

/** Has a voice server call those who are invited. */
export function createRemoteInviter(deps: {
  links: VoiceServerLinks;
  invitations: Pick<InvitationStore, 'update'>;
  log: Log;
}): Inviter {
  const { invitations, links, log } = deps;

  async function fail(id: string, cause: string): Promise<void> {
    await invitations.update(id, { state: 'failed', cause }, ['cancelled']);
  }

  const cancelled: string[] = [];
  let telling = false;

  /** In one request what was cancelled during the one before, since all of a room's may be cancelled at once. */
  async function tellCancelled(): Promise<void> {
    telling = true;
    while (cancelled.length > 0) {
      const body = { invitations: cancelled.splice(0, MOST_IDS) };
      // Which of them calls is not known here: one that does not, has nothing to do.
      await Promise.all(
        links.linked().map(({ client }) =>
          client.tell('POST', '/cancelled-invitations', body).catch((error) => {
            log.warn({ err: error, ...body }, 'could not tell a voice server of cancelled invitations');
          }),
        ),
      );
    }
    telling = false;
  }

  return {
    invite(inviter, asked) {
      const ids = asked.map(({ id }) => id);
      const body = { inviter: identify(inviter), invitations: ids };
      askAny(links, (client) => client.tell('POST', '/invitations', body)).catch(async (error) => {
        log.error({ err: error, invitations: ids.length }, 'no voice server took the invitations');
        const failures = ids.map((id) => fail(id, 'no voice server took it'));
        await Promise.all(failures).catch((err) => log.error({ err }, 'could not note failed invitations'));
      });
    },
    cancel(id) {
      cancelled.push(id);
      if (!telling) void tellCancelled();
    },
  };
}

/** Asks a voice server what telephones can be called: it has the trunks. */
export function createRemoteOutsideCallCheck(pool: VoiceServerPool): OutsideCallCheck {
  return {
    requireCallable: async (user, telephones) => {
      if (telephones.length === 0) return;
      const body = { asker: identify(user), telephones };
      await askAny(pool, (client) => client.tell('POST', '/outside-call-checks', body));
    },
  };
}

/** Has a voice server call the user's own desk phones. */
export function createRemoteOwnPhones(pool: VoiceServerPool): OwnPhones {
  return {
    callOwnPhone: (user, { number }) =>
      askAny(pool, (client) => client.tell('POST', '/own-phone-calls', { asker: identify(user), room: number })),
  };
}

const PATIENCE_MS = 30_000;
const PAUSE_MS = 500;

/**
 * Passes on to every voice server what takes access away, so that those who lost it are out of the rooms at once. A
 * voice server that does not answer is told again for half a minute; then it has gone, and its calls with it.
 */
export function relayAccessEvents(deps: { bus: AccessEventBus; links: VoiceServerLinks; log: Log }): () => void {
  const { bus, links, log } = deps;
  const stopping = new AbortController();

  async function tell(link: ReturnType<VoiceServerLinks['linked']>[number], body: object): Promise<void> {
    const giveUpAt = performance.now() + PATIENCE_MS;
    for (;;) {
      try {
        return await link.client.tell('POST', '/access-events', body);
      } catch (error) {
        if (stopping.signal.aborted) return;
        if (performance.now() > giveUpAt) {
          return log.error({ err: error, voiceServer: link.client.url }, 'a voice server was not told who lost access');
        }
        await delay(PAUSE_MS, undefined, { signal: stopping.signal }).catch(() => undefined);
      }
    }
  }

  const stopListening = bus.onAny((name: keyof AccessEvents, event: AccessEvents[keyof AccessEvents]) => {
    if (links.emitting) return;
    const body = { events: [{ name, event }] };
    for (const link of links.all()) void tell(link, body);
  });
  return () => {
    stopListening();
    stopping.abort();
  };
}

import { setMaxListeners } from 'node:events';
import type { Log } from '../log.js';
import type { RoomNumber } from '../rooms/room.js';
import type { Participant, Roster } from '../rooms/roster.js';
import { isTelephoneNumber } from '../rooms/telephone-number.js';
import { SOUND_SAMPLE_RATE } from '../sound.js';
import { type Clock, pause, systemClock } from './clock.js';
import type { RoomVoice } from './room-voice.js';
import type { Speaker, SpokenValue } from './speaker.js';

/** Names that wait while another is said; those who join meanwhile join unsaid, so that people can talk. */
const MOST_WAITING = 2;
const PAUSE_MS = 500;

export interface AnnouncementOptions {
  readonly roster: Pick<Roster, 'events' | 'find' | 'countIn'>;
  readonly voice: Pick<RoomVoice, 'playInRoom'>;
  readonly speaker: Speaker;
  /** Whether a room wants to be told. */
  wants(room: RoomNumber): Promise<boolean>;
  readonly clock?: Clock;
  readonly log: Log;
}

/** Tells those in a room that wants it the name of each who joins, in the default language. Returns what stops it. */
export function startAnnouncements(options: AnnouncementOptions): () => void {
  const { roster, log, wants } = options;
  const stopping = new AbortController();
  // Each room that is told of somebody listens.
  setMaxListeners(0, stopping.signal);
  /** Who is still to be said, in each room where somebody is being said. */
  const waiting = new Map<RoomNumber, Participant[]>();

  const stop = roster.events.on('participant.joined', ({ room, participant }) => {
    // The first has nobody to be told to.
    if (roster.countIn(room) < 2) return;
    const line = waiting.get(room);
    if (line === undefined) {
      const begun = [participant];
      waiting.set(room, begun);
      void announce(room, begun);
    } else if (line.length < MOST_WAITING) line.push(participant);
    else log.debug({ room, participant: participant.id }, 'joined unsaid: many do at once');
  });

  async function announce(room: RoomNumber, line: Participant[]): Promise<void> {
    try {
      for (let next = line.shift(); next !== undefined; next = line.shift()) {
        const here = roster.find(next.id)?.room === room;
        if (here && (await wants(room))) await say(room, next, options, stopping.signal);
      }
    } catch (error) {
      log.error({ err: error, room }, 'a room was not told who joined');
    } finally {
      waiting.delete(room);
    }
  }

  return () => {
    stop();
    for (const line of waiting.values()) line.length = 0;
    stopping.abort();
  };
}

/** Resolves when it was heard, as far as that can be known, or is to be said no more. */
async function say(
  room: RoomNumber,
  participant: Participant,
  { speaker, voice, clock = systemClock }: AnnouncementOptions,
  stopping: AbortSignal,
): Promise<void> {
  const sound = await speaker.say(undefined, 'joined', { name: spoken(participant) });
  if (stopping.aborted) return;
  voice.playInRoom(room, sound, [participant.id]);
  const lastsMs = (sound.samples.length / SOUND_SAMPLE_RATE) * 1000;
  await pause(clock, lastsMs + PAUSE_MS, stopping);
}

/** Whoever is known by a telephone number alone is not "four thousand million". */
function spoken({ name, user }: Participant): SpokenValue {
  if (user !== undefined) return { name, recordedAs: user };
  return isTelephoneNumber(name) ? { digits: name } : { name };
}

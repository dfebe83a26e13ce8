import type { Log } from '../log.js';
import type { RoomNumber } from '../rooms/room.js';
import type { Participant, ParticipantId, Roster } from '../rooms/roster.js';
import { type Clock, systemClock, type Timer } from './clock.js';
import type { PersonalSounds } from './personal-sounds.js';
import type { RoomVoice } from './room-voice.js';
import type { Speaker } from './speaker.js';

/** Until then nothing is said: the tone of the one who came in is over, and of two who come at once none is alone. */
const SILENCE_FIRST_MS = 1500;

export interface AloneOptions {
  readonly roster: Pick<Roster, 'events' | 'participants' | 'countIn'>;
  readonly sounds: PersonalSounds;
  readonly speaker: Speaker;
  readonly voice: Pick<RoomVoice, 'languageOf'>;
  readonly clock?: Clock;
  readonly log: Log;
}

/**
 * Tells whoever is alone in a room that they are, and plays music until another enters. On every device: silence is
 * what a broken call sounds like, on a softphone no less than on a desk phone, and the page may be hidden behind
 * others. Whoever holds the call hears nothing. Returns what stops it.
 */
export function startAlone(options: AloneOptions): () => void {
  const { roster, sounds, clock = systemClock } = options;
  const alone = new Map<RoomNumber, { readonly id: ParticipantId; readonly timer: Timer }>();

  function look(room: RoomNumber): void {
    const [participant] = roster.countIn(room) === 1 ? roster.participants(room) : [];
    const lone = participant?.held === false ? participant : undefined;
    const before = alone.get(room);
    if (before?.id === lone?.id) return;
    if (before !== undefined) end(room, before);
    if (lone === undefined) return;
    const timer = clock.after(SILENCE_FIRST_MS, () => void begin(room, lone));
    alone.set(room, { id: lone.id, timer });
  }

  function end(room: RoomNumber, { id, timer }: { id: ParticipantId; timer: Timer }): void {
    alone.delete(room);
    timer.cancel();
    sounds.stopBackground(id);
  }

  async function begin(room: RoomNumber, participant: Participant): Promise<void> {
    const { log, speaker, voice } = options;
    const started = alone.get(room);
    try {
      const words = await speaker.say(voice.languageOf(participant.id), 'alone');
      if (started === undefined || alone.get(room) !== started) return;
      sounds.startBackground(participant.id, { words, music: speaker.sound('music') });
    } catch (error) {
      log.error({ err: error, room }, 'nothing is played to one who is alone');
    }
  }

  const subscriptions = [
    roster.events.on('participant.joined', ({ room }) => look(room)),
    roster.events.on('participant.left', ({ room }) => look(room)),
    roster.events.on('participant.updated', ({ room }) => {
      if (roster.countIn(room) === 1) look(room);
    }),
  ];
  return () => {
    for (const unsubscribe of subscriptions) unsubscribe();
    for (const [room, lone] of [...alone]) end(room, lone);
  };
}

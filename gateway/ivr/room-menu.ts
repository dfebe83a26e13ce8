import { RoomlineError } from '../errors.js';
import type { Log } from '../log.js';
import { moderates } from '../rooms/admission.js';
import type { RoomNumber } from '../rooms/room.js';
import type { LiveRooms, Participant, ParticipantId, Roster } from '../rooms/roster.js';
import { type Clock, systemClock } from './clock.js';
import type { MuteNotices } from './mute-notices.js';
import type { PersonalSounds } from './personal-sounds.js';
import type { RoomVoice } from './room-voice.js';
import type { PromptName, Speaker, SpokenValue } from './speaker.js';

/** How long after `*` the next key belongs to it. */
const CODE_MS = 4000;

export interface RoomMenuOptions {
  readonly roster: Pick<Roster, 'events' | 'find' | 'countIn' | 'isLocked'>;
  readonly liveRooms: Pick<LiveRooms, 'setMuted' | 'setHandRaised' | 'muteAll' | 'setLocked'>;
  readonly sounds: PersonalSounds;
  readonly muteNotices: Pick<MuteNotices, 'expect' | 'muteAll'>;
  readonly speaker: Speaker;
  readonly voice: Pick<RoomVoice, 'languageOf'>;
  readonly clock?: Clock;
  readonly log: Log;
}

/** What a participant hears in answer to a code. */
interface Answer {
  readonly prompt: PromptName;
  readonly values?: Readonly<Record<string, SpokenValue>>;
}

type Code = (where: { room: RoomNumber; participant: Participant }) => Promise<Answer>;

/** What is pressed by one who is in a room. */
interface Keys {
  /** When `*` was pressed last, if nothing was since. */
  starAt?: number;
  /** Counts codes: only the last one is answered. */
  codes: number;
}

/** Lets those in rooms act by their keypad: `*` and a digit. Returns what stops it. */
export function startRoomMenu(options: RoomMenuOptions): () => void {
  const { roster, sounds, clock = systemClock } = options;
  const codes = roomCodes(options);
  const pressed = new Map<ParticipantId, Keys>();

  function press(id: ParticipantId, digit: string): void {
    const keys = pressed.get(id) ?? { codes: 0 };
    pressed.set(id, keys);
    const { starAt } = keys;
    delete keys.starAt;
    if (digit === '*') {
      keys.starAt = clock.now();
      sounds.hush(id);
      return;
    }
    const code = starAt !== undefined && clock.now() - starAt <= CODE_MS ? codes[digit] : undefined;
    if (code !== undefined) void perform(id, keys, code);
  }

  async function perform(id: ParticipantId, keys: Keys, code: Code): Promise<void> {
    const { log, speaker, voice } = options;
    const found = roster.find(id);
    if (found === undefined) return;
    keys.codes += 1;
    const turn = keys.codes;
    try {
      const { prompt, values } = await code(found);
      const sound = await speaker.say(voice.languageOf(id), prompt, values);
      if (keys.codes === turn && pressed.get(id) === keys) sounds.answer(id, sound);
    } catch (error) {
      // They, or the room, are gone meanwhile.
      if (error instanceof RoomlineError && error.kind === 'not-found') return;
      log.error({ err: error, participant: id }, 'a code pressed in a room failed');
    }
  }

  const subscriptions = [
    roster.events.on('participant.digit', ({ participantId, digit }) => press(participantId, digit)),
    roster.events.on('participant.left', ({ participant: { id } }) => {
      pressed.delete(id);
      sounds.forget(id);
    }),
  ];
  return () => {
    for (const unsubscribe of subscriptions) unsubscribe();
  };
}

function roomCodes({ liveRooms, muteNotices, roster }: RoomMenuOptions): Readonly<Record<string, Code>> {
  return {
    '0': async ({ participant: { role } }) => ({ prompt: moderates(role) ? 'menu-moderator' : 'menu' }),

    '1': async ({ room }) => {
      const others = roster.countIn(room) - 1;
      return others === 0 ? { prompt: 'count-alone' } : { prompt: 'count-here', values: { count: { count: others } } };
    },

    '5': async ({ participant: { id, handRaised } }) => {
      await liveRooms.setHandRaised(id, !handRaised);
      return { prompt: handRaised ? 'hand-lowered' : 'hand-raised' };
    },

    '6': async ({ participant: { id, muted, role } }) => {
      if (role === 'listener') return { prompt: 'listener' };
      muteNotices.expect(id, !muted);
      await liveRooms.setMuted(id, !muted);
      return { prompt: muted ? 'unmuted' : 'muted' };
    },

    '8': moderatorsOnly(async ({ room }) => {
      await muteNotices.muteAll(room, () => liveRooms.muteAll(room));
      return { prompt: 'all-muted' };
    }),

    '9': moderatorsOnly(async ({ room }) => {
      const isLocked = roster.isLocked(room);
      await liveRooms.setLocked(room, !isLocked);
      return { prompt: isLocked ? 'room-unlocked' : 'room-locked' };
    }),
  };
}

function moderatorsOnly(code: Code): Code {
  return async (where) => (moderates(where.participant.role) ? code(where) : { prompt: 'not-moderator' });
}

import type { Log } from '../log.js';
import type { RoomNumber } from '../rooms/room.js';
import type { Participant, ParticipantId, Roster } from '../rooms/roster.js';
import type { PersonalSounds } from './personal-sounds.js';
import type { RoomVoice } from './room-voice.js';
import type { PromptName, Speaker } from './speaker.js';

export interface MuteNoticeOptions {
  readonly roster: Pick<Roster, 'events'>;
  readonly sounds: PersonalSounds;
  readonly speaker: Speaker;
  readonly voice: Pick<RoomVoice, 'languageOf'>;
  readonly log: Log;
}

/** Tells those on telephones, who see no screen, that others muted them or let them be heard again. */
export class MuteNotices {
  readonly #options: MuteNoticeOptions;
  readonly #subscriptions: (() => void)[];
  /** Whether each of those on a telephone is muted, as they know it. */
  readonly #known = new Map<ParticipantId, boolean>();
  readonly #roomsBeingMuted = new Set<RoomNumber>();

  constructor(options: MuteNoticeOptions) {
    this.#options = options;
    const { events } = options.roster;
    this.#subscriptions = [
      events.on('participant.joined', ({ participant }) => {
        if (participant.device !== 'softphone') this.#known.set(participant.id, participant.muted);
      }),
      events.on('participant.updated', ({ room, participant }) => this.#look(room, participant)),
      events.on('participant.left', ({ participant }) => void this.#known.delete(participant.id)),
    ];
  }

  stop(): void {
    for (const unsubscribe of this.#subscriptions) unsubscribe();
  }

  /** They are about to be muted, or heard again, by their own key. */
  expect(id: ParticipantId, muted: boolean): void {
    if (this.#known.has(id)) this.#known.set(id, muted);
  }

  /** Those muted meanwhile are told that a moderator did it. */
  async muteAll<T>(room: RoomNumber, mute: () => Promise<T>): Promise<T> {
    this.#roomsBeingMuted.add(room);
    try {
      return await mute();
    } finally {
      this.#roomsBeingMuted.delete(room);
    }
  }

  #look(room: RoomNumber, participant: Participant): void {
    const { id, muted, role } = participant;
    const known = this.#known.get(id);
    if (known === undefined || known === muted) return;
    this.#known.set(id, muted);
    if (!muted) void this.#tell(participant, 'unmuted');
    else if (role === 'listener') void this.#tell(participant, 'listener');
    else void this.#tell(participant, this.#roomsBeingMuted.has(room) ? 'muted-by-moderator' : 'muted');
  }

  async #tell(participant: Participant, prompt: PromptName): Promise<void> {
    const { log, sounds, speaker, voice } = this.#options;
    try {
      sounds.answer(participant.id, await speaker.say(voice.languageOf(participant.id), prompt));
    } catch (error) {
      log.error({ err: error, prompt }, 'somebody was not told that they are muted');
    }
  }
}

import { PersonalSounds } from '../../gateway/ivr/personal-sounds.js';
import { type Participant, Roster } from '../../gateway/rooms/roster.js';
import { FakeClock } from '../engine/fake-clock.js';
import { FakeRoomVoice, FakeSpeaker, settled } from './fakes.js';

export const ROOM = '2000';

/** A roster, and what those on it hear; nobody is there yet. */
export function peopleInRoom() {
  const roster = new Roster();
  const speaker = new FakeSpeaker();
  const voice = new FakeRoomVoice(speaker);
  const clock = new FakeClock();
  return {
    roster,
    speaker,
    voice,
    clock,
    sounds: new PersonalSounds(voice),

    async join(id: string, particulars: Partial<Participant> = {}): Promise<void> {
      roster.join(ROOM, {
        id,
        user: id,
        name: id.toUpperCase(),
        device: 'desk-phone',
        muted: false,
        talking: false,
        held: false,
        role: 'speaker',
        handRaised: false,
        joinedAt: new Date(0),
        ...particulars,
      });
      await settled();
    },

    async leave(id: string): Promise<void> {
      roster.leave(id, 'left');
      await settled();
    },

    async press(id: string, digits: string): Promise<void> {
      for (const digit of digits) roster.digit(id, digit, 100);
      await settled();
    },

    async pass(milliseconds: number): Promise<void> {
      clock.advance(milliseconds);
      await settled();
    },
  };
}

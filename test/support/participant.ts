import type { Participant } from '../../gateway/rooms/roster.js';

export function participant(id: string, user: string, more: Partial<Participant> = {}): Participant {
  return {
    id,
    user,
    name: user.charAt(0).toUpperCase() + user.slice(1),
    device: 'softphone',
    muted: false,
    talking: false,
    held: false,
    role: 'speaker',
    handRaised: false,
    joinedAt: new Date('2026-01-01T10:00:00Z'),
    ...more,
  };
}

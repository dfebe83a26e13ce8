import { z } from 'zod';
import type { AccessEventBus, AccessEvents } from '../rooms/access-events.js';
import { ROOM_NUMBER_PATTERN } from '../rooms/room.js';

const id = z.string().min(1).max(128);
const user = z.string().min(1).max(64);
const room = z.string().regex(ROOM_NUMBER_PATTERN);
const role = z.enum(['moderator', 'member', 'listener']);

/** Every event that takes access away; that each is here, the compiler checks. */
const EVENTS = {
  'member.removed': z.object({ groupId: id, userId: id, user, room: room.optional() }),
  'member.changed': z.object({ groupId: id, userId: id, user, role, room: room.optional() }),
  'user.revoked': z.object({ userId: id, user }),
  'room.ended': z.object({ room, cause: z.enum(['empty', 'expired', 'released']) }),
  'pin.changed': z.object({ room }),
  'invitation.cancelled': z.object({ room, invitationId: id, userId: id.optional() }),
} satisfies { [Name in keyof AccessEvents]: z.ZodType<AccessEvents[Name]> };

const names = Object.keys(EVENTS) as [keyof AccessEvents, ...(keyof AccessEvents)[]];

const named = z.strictObject({ name: z.enum(names), event: z.unknown() });

/** An event under its name, as it goes from a directory to its voice servers. */
export type NamedAccessEvent = z.output<typeof named>;

export const namedAccessEvent = named.superRefine(({ name, event }, context) => {
  const result = EVENTS[name].safeParse(event);
  if (!result.success) context.addIssue({ code: 'custom', message: `is no ${name}: ${result.error.message}` });
});

export const accessEventsRequest = z.strictObject({ events: z.array(namedAccessEvent).min(1).max(10_000) });

/** Emits what `namedAccessEvent` let through. */
export function emitAccessEvent(bus: AccessEventBus, { name, event }: NamedAccessEvent): void {
  bus.emit(name, EVENTS[name].parse(event));
}

import { z } from 'zod';
import { RoomlineError } from '../errors.js';
import type { Pins } from '../rooms/pins.js';
import { requireVoiceServer, type VoiceServersReady } from '../rooms/ready-voice-server.js';
import type { RoomFinder } from '../rooms/room.js';
import type { SoftphoneCredentialIssuer } from '../rooms/sip-account.js';
import { Turnstile } from '../turnstile.js';
import type { Addresses } from './addresses.js';
import { loginsBusy } from './logins-busy.js';
import { pinSchema } from './pins.js';
import { clientSchema, presentClient, presentRoom, roomSchema } from './room-view.js';
import { type Route, route } from './route.js';
import { roomNumberSchema, textSchema } from './schemas.js';

const guestSchema = z
  .strictObject({ pin: pinSchema, name: textSchema(64).describe('What the others in the room see.') })
  .meta({ id: 'Guest' });

/** One at a time, so that guessing does not keep those waiting who log in. */
const HASHES_AT_ONCE = 1;
/** The last of them waits for about 2 s. */
const MOST_WAITING = 15;

export function guestRoutes(deps: {
  rooms: RoomFinder;
  pins: Pins;
  credentials: SoftphoneCredentialIssuer;
  addresses: Addresses;
  voiceServersReady: VoiceServersReady;
}): Route[] {
  const { addresses, credentials, pins, rooms } = deps;
  const turnstile = new Turnstile({ atOnce: HASHES_AT_ONCE, mostWaiting: MOST_WAITING, refusal: loginsBusy });

  return [
    route({
      method: 'post',
      path: '/v1/rooms/:number/guests',
      tag: 'Guests',
      summary: 'Enter a room as a guest, by its PIN',
      description:
        'Needs no token. A number without a room, a room without a PIN and a wrong PIN are answered alike. What is ' +
        'returned is good for that room alone, until the PIN is changed or removed.',
      access: 'public',
      params: { number: { schema: roomNumberSchema, description: 'The room’s number.' } },
      body: guestSchema,
      responses: {
        201: {
          description: 'The room, and what to enter it with.',
          body: z.object({ room: roomSchema, client: clientSchema }),
        },
      },
      errors: [403, 429],
      async handle({ ctx, params: { number }, body: { pin, name } }) {
        requireVoiceServer(deps.voiceServersReady);
        const webSocketUrl = addresses.webSocketUrl(ctx);
        const address = ctx.req.socket.remoteAddress ?? '';
        const pinVersion = await turnstile.pass(() => pins.check(number, pin, address));
        const room = await rooms.find(number);
        // It ended in this very moment.
        if (room === undefined) {
          throw new RoomlineError('forbidden', `that is not the PIN of room ${number}`, { code: 'wrong-pin' });
        }
        const client = presentClient(
          credentials.issueGuest({ room: number, name, pinVersion }),
          webSocketUrl,
          addresses,
        );
        return { status: 201, body: { room: presentRoom(room, addresses), client } };
      },
    }),
  ];
}

import { z } from 'zod';
import { RoomlineError } from '../errors.js';
import { requireVoiceServer, type VoiceServersReady } from '../rooms/ready-voice-server.js';
import type { SoftphoneCredentialIssuer } from '../rooms/sip-account.js';
import { VOICE_REQUEST_KINDS, type VoiceRequests } from '../rooms/voice-requests.js';
import type { Addresses } from './addresses.js';
import { inviteSchema } from './invitees.js';
import {
  clientSchema,
  placedInvitationSchema,
  presentClient,
  presentPlacedInvitation,
  presentRoom,
  roomSchema,
} from './room-view.js';
import { type Route, route } from './route.js';
import { textSchema } from './schemas.js';

const RETRY_WHEN_DRAINING_SECONDS = 10;
const MOST_TEAM_CHARACTERS = 128;

const voiceRequestSchema = z
  .strictObject({
    kind: z.enum(VOICE_REQUEST_KINDS),
    group: textSchema(64)
      .optional()
      .describe('For `voice-communication...`: the group’s name; may be left out by a user of exactly one group.'),
    team: textSchema(MOST_TEAM_CHARACTERS)
      .optional()
      .describe(
        'For `temporary-...`: the team’s identifier, compared exactly; the same identifier gets the same room while ' +
          'it lives. Left out, one is made up.',
      ),
    invite: inviteSchema
      .optional()
      .describe('For `...-invitation`, which need it: whom to call; `all` is all of the group but the asker.'),
    device: z
      .enum(['softphone', 'desk-phone'])
      .default('softphone')
      .describe('`desk-phone` rings your own desk phones, and whichever you answer is in the room.'),
  })
  .meta({ id: 'VoiceRequest' });

const headersSchema = z.object({
  'idempotency-key': z
    .string()
    .regex(/^[\x21-\x7e]{1,128}$/, 'is not 1 to 128 visible ASCII characters')
    .optional()
    .describe('Asking again with the same key, for a day, is answered as the first time.'),
});

export function voiceRequestRoutes(deps: {
  voiceRequests: VoiceRequests;
  credentials: SoftphoneCredentialIssuer;
  addresses: Addresses;
  voiceServersReady: VoiceServersReady;
  isDraining: () => boolean;
}): Route[] {
  const { addresses, credentials } = deps;
  return [
    route({
      method: 'post',
      path: '/v1/voice-requests',
      tag: 'Voice requests',
      summary: 'Ask for a room',
      description: 'The number can be dialled at the moment it is returned, from every device of the user.',
      access: 'requests',
      headers: headersSchema,
      body: voiceRequestSchema,
      responses: {
        201: {
          description: 'The room, whom it calls, and what to enter it with.',
          body: z.object({
            room: roomSchema,
            invitations: z.array(placedInvitationSchema),
            client: clientSchema,
          }),
        },
      },
      errors: [404, 409, 429],
      explain: explainKind,
      async handle({ ctx, caller: { user }, headers, body }) {
        if (deps.isDraining()) throw draining();
        const { device, ...request } = body;
        requireVoiceServer(deps.voiceServersReady);
        const webSocketUrl = addresses.webSocketUrl(ctx);
        const { room, invitations } = await deps.voiceRequests.request(user, {
          ...request,
          ...(device === 'desk-phone' ? { device } : {}),
          idempotencyKey: headers['idempotency-key'],
        });
        return {
          status: 201,
          body: {
            room: presentRoom(room, addresses),
            invitations: invitations.map(presentPlacedInvitation),
            client: presentClient(credentials.issue(user), webSocketUrl, addresses),
          },
        };
      },
    }),
  ];
}

function explainKind(body: unknown): RoomlineError | undefined {
  const kind = typeof body === 'object' && body !== null && 'kind' in body ? body.kind : undefined;
  if (typeof kind !== 'string' || (VOICE_REQUEST_KINDS as readonly string[]).includes(kind)) return undefined;
  return new RoomlineError('invalid', `kind is none of ${VOICE_REQUEST_KINDS.join(', ')}`, {
    code: 'unknown-kind',
    details: { kinds: VOICE_REQUEST_KINDS },
  });
}

function draining(): RoomlineError {
  return new RoomlineError('unavailable', 'this gateway is stopping: ask again in a moment', {
    code: 'draining',
    retryAfterSeconds: RETRY_WHEN_DRAINING_SECONDS,
  });
}

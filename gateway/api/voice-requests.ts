import type { Router } from '@koa/router';
import { z } from 'zod';
import { RoomlineError } from '../errors.js';
import type { Room } from '../rooms/room.js';
import type { SoftphoneCredentialIssuer } from '../rooms/sip-account.js';
import type { User } from '../rooms/user.js';
import { VOICE_REQUEST_KINDS, type VoiceRequests } from '../rooms/voice-requests.js';
import type { Addresses } from './addresses.js';
import type { Auth } from './auth.js';
import type { BodyReader } from './request-body.js';

/** Every kind of the contract; this version answers those the domain knows. */
const CONTRACT_KINDS = [
  'voice-communication',
  'voice-communication-invitation',
  'temporary-voice-communication',
  'temporary-voice-communication-invitation',
  'exclusive-voice-communication',
  'exclusive-voice-communication-invitation',
] as const;

const SUPPORTED: readonly string[] = VOICE_REQUEST_KINDS;
const RETRY_WHEN_DRAINING_SECONDS = 10;

const kindSchema = z.looseObject({ kind: z.string() });

const voiceCommunicationSchema = z.strictObject({
  kind: z.literal('voice-communication'),
  group: z.string().min(1).max(64).optional(),
  device: z.enum(['softphone', 'desk-phone']).default('softphone'),
});

const requestSchema = kindSchema.superRefine(({ kind }) => checkKind(kind)).pipe(voiceCommunicationSchema);

export function addVoiceRequests(
  router: Router,
  deps: {
    auth: Auth;
    readBody: BodyReader;
    voiceRequests: VoiceRequests;
    credentials: SoftphoneCredentialIssuer;
    addresses: Addresses;
    isDraining: () => boolean;
  },
): void {
  const { addresses, credentials } = deps;

  router.post(
    '/v1/voice-requests',
    deps.auth.guard(async (ctx, { user }) => {
      if (deps.isDraining()) throw draining();
      const { kind, group, device } = await deps.readBody(ctx, requestSchema);
      if (device === 'desk-phone') {
        throw new RoomlineError('invalid', 'device desk-phone is not supported yet: dial the number from it instead', {
          code: 'device-not-supported',
        });
      }
      const webSocketUrl = addresses.webSocketUrl(ctx);
      const room = await deps.voiceRequests.request(user, { kind, ...(group === undefined ? {} : { group }) });
      ctx.status = 201;
      ctx.body = { room: presentRoom(room), invitations: [], client: clientFor(user, webSocketUrl) };
    }),
  );

  function presentRoom({ number, kind, title }: Room) {
    return { number, kind, title, uri: addresses.roomUri(number) };
  }

  function clientFor(user: User, wsUrl: string) {
    const { username, password, expiresAt } = credentials.issue(user);
    return { wsUrl, aor: addresses.aor(user.name), username, password, expiresAt: expiresAt.toISOString() };
  }
}

function checkKind(kind: string): void {
  if (SUPPORTED.includes(kind)) return;
  const details = { kinds: CONTRACT_KINDS, supported: SUPPORTED };
  if ((CONTRACT_KINDS as readonly string[]).includes(kind)) {
    throw new RoomlineError('invalid', `kind ${kind} is not supported yet`, { code: 'kind-not-supported', details });
  }
  throw new RoomlineError('invalid', `kind is none of ${CONTRACT_KINDS.join(', ')}`, { code: 'unknown-kind', details });
}

function draining(): RoomlineError {
  return new RoomlineError('unavailable', 'this gateway is stopping: ask again in a moment', {
    code: 'draining',
    retryAfterSeconds: RETRY_WHEN_DRAINING_SECONDS,
  });
}

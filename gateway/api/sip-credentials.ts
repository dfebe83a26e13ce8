import { z } from 'zod';
import { requireVoiceServer, type VoiceServersReady } from '../rooms/ready-voice-server.js';
import type { SoftphoneCredentialIssuer } from '../rooms/sip-account.js';
import type { Addresses } from './addresses.js';
import { clientSchema, presentClient } from './room-view.js';
import { type Route, route } from './route.js';

export function sipCredentialRoutes(deps: {
  credentials: SoftphoneCredentialIssuer;
  addresses: Addresses;
  voiceServersReady: VoiceServersReady;
}): Route[] {
  const { addresses, credentials } = deps;
  return [
    route({
      method: 'post',
      path: '/v1/me/sip-credentials',
      tag: 'Voice requests',
      summary: 'Get what a softphone registers with',
      description: 'Without asking for a room: a softphone that is registered rings when its user is invited.',
      access: 'requests',
      responses: {
        201: {
          description: 'The same a voice request answers as `client`.',
          body: z.object({ client: clientSchema }),
        },
      },
      handle({ ctx, caller: { user } }) {
        requireVoiceServer(deps.voiceServersReady);
        const webSocketUrl = addresses.webSocketUrl(ctx);
        return { status: 201, body: { client: presentClient(credentials.issue(user), webSocketUrl, addresses) } };
      },
    }),
  ];
}

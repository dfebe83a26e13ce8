import type { Context } from 'koa';
import { bracketed } from '../bracketed.js';
import { RoomlineError } from '../errors.js';
import type { VoiceServersReady } from '../rooms/ready-voice-server.js';
import type { RoomNumber } from '../rooms/room.js';

/** The addresses clients are told: those of the voice server they are sent to. */
export interface Addresses {
  /** The room's conference URI. */
  roomUri(number: RoomNumber): string;
  /** The address of record of a user or guest. */
  aor(user: string): string;
  /** Where the browser that asks reaches SIP. @throws RoomlineError `invalid` for a Host header that is none. */
  webSocketUrl(ctx: Pick<Context, 'host' | 'secure'>): string;
}

const HOST_HEADER = /^(?:[a-z0-9](?:[a-z0-9.-]{0,251}[a-z0-9])?|\[[0-9a-f:.]{2,45}\])(?::\d{1,5})?$/i;

export function createAddresses(options: {
  /** What is told while no voice server is ready. */
  advertise: string;
  wsUrl: string | null;
  voiceServersReady: VoiceServersReady;
}): Addresses {
  function host(): string {
    return bracketed(options.voiceServersReady()[0]?.sipHost ?? options.advertise);
  }

  return {
    roomUri: (number) => `sip:${number}@${host()}`,
    aor: (user) => `sip:${user}@${host()}`,
    webSocketUrl(ctx) {
      const wsUrl = options.voiceServersReady()[0]?.wsUrl ?? options.wsUrl;
      if (wsUrl !== null) return wsUrl;
      if (!HOST_HEADER.test(ctx.host)) {
        throw new RoomlineError('invalid', 'the Host header names no host', { code: 'bad-host' });
      }
      return `${ctx.secure ? 'wss' : 'ws'}://${ctx.host}/sip`;
    },
  };
}

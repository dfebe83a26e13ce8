import { isIPv6 } from 'node:net';
import type { Context } from 'koa';
import { RoomlineError } from '../errors.js';
import type { RoomNumber } from '../rooms/room.js';

/** The addresses clients are told. */
export interface Addresses {
  /** The room's conference URI. */
  roomUri(number: RoomNumber): string;
  /** The user's address of record. */
  aor(userName: string): string;
  /** Where the browser that asks reaches SIP. @throws RoomlineError `invalid` for a Host header that is none. */
  webSocketUrl(ctx: Pick<Context, 'host' | 'secure'>): string;
}

const HOST_HEADER = /^(?:[a-z0-9](?:[a-z0-9.-]{0,251}[a-z0-9])?|\[[0-9a-f:.]{2,45}\])(?::\d{1,5})?$/i;

export function createAddresses(options: { advertise: string; wsUrl: string | null }): Addresses {
  const host = isIPv6(options.advertise) ? `[${options.advertise}]` : options.advertise;
  return {
    roomUri: (number) => `sip:${number}@${host}`,
    aor: (userName) => `sip:${userName}@${host}`,
    webSocketUrl(ctx) {
      if (options.wsUrl !== null) return options.wsUrl;
      if (!HOST_HEADER.test(ctx.host)) {
        throw new RoomlineError('invalid', 'the Host header names no host', { code: 'bad-host' });
      }
      return `${ctx.secure ? 'wss' : 'ws'}://${ctx.host}/sip`;
    },
  };
}

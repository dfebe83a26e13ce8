import type { RtpPhone } from './rtp-phone.js';
import type { SipHeader } from './sip-phone.js';

export type KeyWay = 'RFC 4733' | 'INFO';

/** A phone in a call, whoever dialled. */
export interface Keypad {
  readonly rtp: Pick<RtpPhone, 'sendDigit'>;
  readonly call: {
    request(method: string, headers: readonly SipHeader[], body: string): Promise<{ readonly status: number }>;
  };
}

/** Presses keys one after the other on a phone in a call, and tells of them in one of the two ways phones do. */
export async function pressKeys(caller: Keypad, keys: string, way: KeyWay = 'RFC 4733'): Promise<void> {
  for (const key of keys) {
    if (way === 'RFC 4733') await caller.rtp.sendDigit(key);
    else {
      const body = `Signal=${key}\r\nDuration=100\r\n`;
      const { status } = await caller.call.request('INFO', [['Content-Type', 'application/dtmf-relay']], body);
      if (status !== 200) throw new Error(`the key ${key} was answered ${status}`);
    }
  }
}

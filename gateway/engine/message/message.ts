import type { Headers } from './headers.js';

export interface SipRequest {
  readonly kind: 'request';
  readonly method: string;
  readonly uri: string;
  readonly headers: Headers;
  readonly body: Buffer;
}

export interface SipResponse {
  readonly kind: 'response';
  readonly status: number;
  readonly reason: string;
  readonly headers: Headers;
  readonly body: Buffer;
}

export type SipMessage = SipRequest | SipResponse;

export const NO_BODY: Buffer = Buffer.alloc(0);

/** The bytes of a message, with the one Content-Length that is true. */
export function serialise(message: SipMessage): Buffer {
  const start =
    message.kind === 'request'
      ? `${message.method} ${message.uri} SIP/2.0\r\n`
      : `SIP/2.0 ${message.status} ${message.reason}\r\n`;
  let head = start;
  for (const { key, name, value } of message.headers) {
    if (key !== 'content-length') head += `${name}: ${value}\r\n`;
  }
  head += `Content-Length: ${message.body.length}\r\n\r\n`;
  const bytes = Buffer.from(head, 'utf8');
  return message.body.length === 0 ? bytes : Buffer.concat([bytes, message.body]);
}

import { type IncomingRequest, type IncomingResponse, readFields } from '../../../gateway/engine/message/incoming.js';
import type { SipRequest } from '../../../gateway/engine/message/message.js';
import { parseDatagram } from '../../../gateway/engine/message/parse.js';
import type { ClientUser } from '../../../gateway/engine/transaction/client.js';
import { Connection, type Hop, hopOf } from '../../../gateway/engine/transport/connection.js';
import { FakeClock } from '../fake-clock.js';

/** A connection that only counts. */
export class FakeConnection extends Connection {
  constructor() {
    super('TCP', '127.0.0.1', 5070, { host: '127.0.0.1', port: 5060 });
  }

  send(): boolean {
    return this.open;
  }

  close(): void {
    this.lost();
  }

  leave(): Promise<void> {
    this.close();
    return Promise.resolve();
  }
}

export const UDP_HOP: Hop = { protocol: 'UDP', address: '127.0.0.1', port: 5070, connection: undefined };

export function reliableHop(): { hop: Hop; connection: FakeConnection } {
  const connection = new FakeConnection();
  return { hop: hopOf(connection), connection };
}

/** A wire that notes when what was sent, by the first line. */
export class Bench {
  readonly clock = new FakeClock();
  readonly trace: string[] = [];
  readonly told: string[] = [];
  failNext = false;

  readonly wire = {
    clock: this.clock,
    send: (_hop: Hop, bytes: Buffer, failed: () => void) => {
      if (this.failNext) {
        this.failNext = false;
        failed();
        return;
      }
      const line = bytes.toString('utf8').split('\r\n', 1)[0] ?? '';
      this.trace.push(`${this.clock.now()} ${line.replace(/ SIP\/2.0$/, '').replace(/^SIP\/2.0 /, '')}`);
    },
  };

  readonly user: ClientUser = {
    answered: (response) => this.told.push(`${this.clock.now()} ${response.message.status}`),
    timedOut: () => this.told.push(`${this.clock.now()} timed out`),
    failed: () => this.told.push(`${this.clock.now()} failed`),
  };

  /** The moments something was sent, without what. */
  get times(): number[] {
    return this.trace.map((line) => Number.parseInt(line, 10));
  }
}

export function makeRequest(
  method: string,
  via = 'SIP/2.0/UDP 127.0.0.1:5070;branch=z9hG4bKb1',
  callId = 'c1',
): SipRequest {
  const text = `${method} sip:b@127.0.0.1 SIP/2.0\r\nVia: ${via}\r\nFrom: <sip:a@h>;tag=f\r\nTo: <sip:b@h>\r\nCall-ID: ${callId}\r\nCSeq: 7 ${method}\r\nContact: <sip:a@h>\r\nContent-Length: 0\r\n\r\n`;
  const parsed = parseDatagram(Buffer.from(text));
  if (parsed.kind !== 'request') throw new Error('the test request does not parse');
  return parsed;
}

export function incoming(request: SipRequest): IncomingRequest {
  const fields = readFields(request);
  if (typeof fields === 'string') throw new Error(fields);
  return { ...fields, message: request };
}

export function responseTo(request: SipRequest, status: number, toTag = 't'): IncomingResponse {
  const { headers } = request;
  const text = `SIP/2.0 ${status} X\r\nVia: ${headers.get('via')}\r\nFrom: ${headers.get('from')}\r\nTo: <sip:b@h>;tag=${toTag}\r\nCall-ID: ${headers.get('call-id')}\r\nCSeq: ${headers.get('cseq')}\r\nContent-Length: 0\r\n\r\n`;
  const parsed = parseDatagram(Buffer.from(text));
  if (parsed.kind !== 'response') throw new Error('the test response does not parse');
  const fields = readFields(parsed);
  if (typeof fields === 'string') throw new Error(fields);
  return { ...fields, message: parsed };
}

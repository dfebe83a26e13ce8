import { randomBytes } from 'node:crypto';

/** A word nobody else uses, for tags, branches and Call-IDs. */
export function randomToken(): string {
  return randomBytes(8).toString('hex');
}

/** A SIP message as a phone in a test reads it: nothing is normalised, nothing is forgiven. */
export class SipMessage {
  readonly startLine: string;
  readonly headers: readonly (readonly [name: string, value: string])[];
  readonly body: string;

  constructor(startLine: string, headers: readonly (readonly [string, string])[], body = '') {
    this.startLine = startLine;
    this.headers = headers;
    this.body = body;
  }

  static parse(text: string): SipMessage {
    const end = text.indexOf('\r\n\r\n');
    if (end < 0) throw new Error(`a SIP message without an empty line: ${JSON.stringify(text.slice(0, 200))}`);
    const [startLine = '', ...lines] = text
      .slice(0, end)
      .replace(/\r\n[ \t]+/g, ' ')
      .split('\r\n');
    const headers = lines.map((line) => {
      const colon = line.indexOf(':');
      if (colon < 1) throw new Error(`a SIP header line without a name: ${JSON.stringify(line)}`);
      return [line.slice(0, colon).trim(), line.slice(colon + 1).trim()] as const;
    });
    return new SipMessage(startLine, headers, text.slice(end + 4));
  }

  get isRequest(): boolean {
    return !this.startLine.startsWith('SIP/2.0 ');
  }

  get method(): string {
    return this.isRequest ? (this.startLine.split(' ', 1)[0] ?? '') : (this.header('CSeq').split(' ')[1] ?? '');
  }

  get requestUri(): string {
    return this.startLine.split(' ')[1] ?? '';
  }

  get status(): number {
    return this.isRequest ? 0 : Number(this.startLine.split(' ')[1]);
  }

  get callId(): string {
    return this.header('Call-ID');
  }

  get cseq(): number {
    return Number(this.header('CSeq').split(' ')[0]);
  }

  /** The branch of the topmost Via. */
  get branch(): string {
    return /;\s*branch=([^;,\s]+)/i.exec(this.header('Via'))?.[1] ?? '';
  }

  get toTag(): string | undefined {
    return tagOf(this.header('To'));
  }

  get fromTag(): string | undefined {
    return tagOf(this.header('From'));
  }

  /** The first value of a header, or an empty text. Compact names count (RFC 3261 section 7.3.3). */
  header(name: string): string {
    return this.headersOf(name)[0] ?? '';
  }

  headersOf(name: string): string[] {
    const wanted = fullName(name);
    return this.headers.filter(([candidate]) => fullName(candidate) === wanted).map(([, value]) => value);
  }

  /** The URI between angle brackets, or all before the parameters. */
  uriOf(name: string): string {
    const value = this.header(name);
    return /<([^>]+)>/.exec(value)?.[1] ?? value.replace(/;.*$/, '').trim();
  }

  toString(): string {
    const lines = this.headers.map(([name, value]) => `${name}: ${value}`);
    return `${[this.startLine, ...lines].join('\r\n')}\r\n\r\n${this.body}`;
  }
}

const COMPACT: Record<string, string> = {
  v: 'via',
  f: 'from',
  t: 'to',
  i: 'call-id',
  m: 'contact',
  l: 'content-length',
  c: 'content-type',
  k: 'supported',
  x: 'session-expires',
};

function fullName(name: string): string {
  const lower = name.toLowerCase();
  return COMPACT[lower] ?? lower;
}

function tagOf(value: string): string | undefined {
  return /;\s*tag=([^;,\s]+)/i.exec(value.replace(/<[^>]*>/, ''))?.[1];
}

/** Cuts SIP messages out of a TCP stream by Content-Length (RFC 3261 section 18.3); double CRLF and CRLF are pings. */
export class SipStreamReader {
  #buffer = Buffer.alloc(0);

  push(chunk: Buffer): SipMessage[] {
    this.#buffer = Buffer.concat([this.#buffer, chunk]);
    const messages: SipMessage[] = [];
    for (;;) {
      while (this.#buffer[0] === 0x0d || this.#buffer[0] === 0x0a) this.#buffer = this.#buffer.subarray(1);
      const end = this.#buffer.indexOf('\r\n\r\n');
      if (end < 0) return messages;
      const head = SipMessage.parse(this.#buffer.toString('utf8', 0, end + 4));
      const total = end + 4 + Number(head.header('Content-Length') || 0);
      if (this.#buffer.length < total) return messages;
      messages.push(SipMessage.parse(this.#buffer.toString('utf8', 0, total)));
      this.#buffer = this.#buffer.subarray(total);
    }
  }
}

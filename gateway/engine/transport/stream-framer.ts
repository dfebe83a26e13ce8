import { contentLength, MAX_MESSAGE_BYTES, malformed, type Parsed, parseHead } from '../message/parse.js';

/** What a stream held: a message, a keep-alive (RFC 5626 section 3.5.1), or the end of all sense in it. */
export type StreamItem =
  | { readonly kind: 'message'; readonly parsed: Parsed }
  | { readonly kind: 'ping' }
  | { readonly kind: 'broken'; readonly parsed: Parsed };

const CR = 13;
const LF = 10;
const INITIAL_BYTES = 2048;
const KEPT_BYTES = 16_384;

/** Cuts a byte stream into messages by Content-Length (RFC 3261 section 18.3). */
export class StreamFramer {
  #buffer = Buffer.alloc(INITIAL_BYTES);
  #start = 0;
  #end = 0;
  /** Up to where the end of the header has been looked for. */
  #searched = 0;
  #lineEnds = 0;
  #head: { parsed: Parsed; bodyAt: number; length: number } | undefined;
  #broken = false;

  /** Whether a message has begun and not ended. */
  get pending(): boolean {
    return this.#end > this.#start;
  }

  push(chunk: Buffer): StreamItem[] {
    const items: StreamItem[] = [];
    if (this.#broken) return items;
    this.#store(chunk);
    let item = this.#take();
    while (item !== undefined) {
      items.push(item);
      if (item.kind === 'broken') {
        this.#broken = true;
        this.#start = this.#end;
        return items;
      }
      item = this.#take();
    }
    return items;
  }

  #store(chunk: Buffer): void {
    const unread = this.#end - this.#start;
    // One large message must not make a connection hold its memory for good.
    if (unread === 0 && this.#buffer.length > KEPT_BYTES && chunk.length <= INITIAL_BYTES) this.#reset();
    if (this.#end + chunk.length > this.#buffer.length) {
      const needed = unread + chunk.length;
      const target = needed > this.#buffer.length ? Buffer.alloc(needed * 2) : this.#buffer;
      this.#buffer.copy(target, 0, this.#start, this.#end);
      this.#searched -= this.#start;
      if (this.#head !== undefined) this.#head = { ...this.#head, bodyAt: this.#head.bodyAt - this.#start };
      this.#buffer = target;
      this.#start = 0;
      this.#end = unread;
    }
    chunk.copy(this.#buffer, this.#end);
    this.#end += chunk.length;
  }

  #reset(): void {
    this.#buffer = Buffer.alloc(INITIAL_BYTES);
    this.#start = 0;
    this.#end = 0;
    this.#searched = 0;
  }

  #take(): StreamItem | undefined {
    if (this.#head === undefined) {
      if (this.#skipLineEnds()) return { kind: 'ping' };
      const broken = this.#readHead();
      if (broken !== undefined) return broken;
    }
    const head = this.#head;
    if (head === undefined || this.#end - head.bodyAt < head.length) return undefined;
    // Copied, since the buffer is used again while the message lives on.
    const body = Buffer.from(this.#buffer.subarray(head.bodyAt, head.bodyAt + head.length));
    this.#start = head.bodyAt + head.length;
    this.#searched = this.#start;
    this.#head = undefined;
    return { kind: 'message', parsed: head.parsed.kind === 'malformed' ? head.parsed : { ...head.parsed, body } };
  }

  /** True for each two line ends between messages. */
  #skipLineEnds(): boolean {
    while (this.#end - this.#start >= 2 && this.#buffer[this.#start] === CR && this.#buffer[this.#start + 1] === LF) {
      this.#start += 2;
      this.#searched = this.#start;
      this.#lineEnds += 1;
      if (this.#lineEnds === 2) {
        this.#lineEnds = 0;
        return true;
      }
    }
    return false;
  }

  #readHead(): StreamItem | undefined {
    const from = Math.max(this.#start, this.#searched - 3);
    const found = this.#buffer.subarray(0, this.#end).indexOf('\r\n\r\n', from);
    if (found < 0) {
      this.#searched = this.#end;
      const tooLong = this.#end - this.#start > MAX_MESSAGE_BYTES;
      return tooLong ? { kind: 'broken', parsed: malformed(513, 'Message Too Large') } : undefined;
    }
    this.#lineEnds = 0;
    const parsed = parseHead(this.#buffer.subarray(this.#start, found));
    const source = parsed.kind === 'malformed' ? parsed.request : parsed;
    if (source === undefined) return { kind: 'broken', parsed };
    const length = contentLength(source.headers) ?? 0;
    const bodyAt = found + 4;
    if (length === 'bad' || bodyAt - this.#start + length > MAX_MESSAGE_BYTES) {
      const request = source.kind === 'request' ? source : undefined;
      return { kind: 'broken', parsed: malformed(400, 'Malformed or too large Content-Length', request) };
    }
    this.#head = { parsed, bodyAt, length };
    return undefined;
  }
}

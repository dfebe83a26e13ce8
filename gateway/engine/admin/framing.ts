/** The longest frame an app may send: the largest SIP message and its leader, with room. */
export const MAX_FRAME_BYTES = 131_072;
const MAX_LENGTH_DIGITS = 7;

/** A frame's leader fields and the SIP message below them. */
export interface Frame {
  readonly fields: readonly string[];
  readonly message: Buffer | undefined;
}

/** The stream is not made of frames. */
export class FramingError extends Error {}

/** Cuts a byte stream into `<byte length>#<payload>` frames, however they are split or joined. */
export class FrameReader {
  #chunks: Buffer[] = [];
  #bytes = 0;
  /** Payload length of the frame that has begun. */
  #expected: number | undefined;

  /** @throws FramingError when a length is no number or above `maxBytes`. */
  push(chunk: Buffer, maxBytes: number): Frame[] {
    this.#chunks.push(chunk);
    this.#bytes += chunk.length;
    const frames: Frame[] = [];
    let payload = this.#next(maxBytes);
    while (payload !== undefined) {
      frames.push(readFrame(payload));
      payload = this.#next(maxBytes);
    }
    return frames;
  }

  #next(maxBytes: number): Buffer | undefined {
    this.#expected ??= this.#readLength(maxBytes);
    if (this.#expected === undefined || this.#bytes < this.#expected) return undefined;
    const all = this.#joined();
    const payload = all.subarray(0, this.#expected);
    this.#keep(all.subarray(this.#expected));
    this.#expected = undefined;
    return payload;
  }

  #readLength(maxBytes: number): number | undefined {
    if (this.#bytes === 0) return undefined;
    const all = this.#joined();
    const end = all.indexOf('#');
    if (end > MAX_LENGTH_DIGITS || (end < 0 && all.length > MAX_LENGTH_DIGITS)) throw new FramingError('no length');
    if (end < 0) return undefined;
    const digits = all.toString('latin1', 0, end);
    const length = Number(digits);
    if (!/^\d+$/.test(digits) || length === 0 || length > maxBytes) throw new FramingError(`bad length ${digits}`);
    this.#keep(all.subarray(end + 1));
    return length;
  }

  #joined(): Buffer {
    const [first] = this.#chunks;
    if (first !== undefined && this.#chunks.length === 1) return first;
    const all = Buffer.concat(this.#chunks, this.#bytes);
    this.#chunks = [all];
    return all;
  }

  #keep(rest: Buffer): void {
    this.#chunks = rest.length === 0 ? [] : [rest];
    this.#bytes = rest.length;
  }
}

function readFrame(payload: Buffer): Frame {
  const end = payload.indexOf('\r\n');
  const leader = payload.toString('utf8', 0, end < 0 ? payload.length : end);
  return { fields: leader.split('|'), message: end < 0 ? undefined : payload.subarray(end + 2) };
}

/** A frame of these leader fields and, below them, a message. */
export function writeFrame(fields: readonly string[], message?: Buffer): Buffer {
  const leader = Buffer.from(fields.map((field) => field.replace(/[\r\n|]/g, ' ')).join('|'), 'utf8');
  const length = leader.length + (message === undefined ? 0 : message.length + 2);
  const parts: Buffer[] = [Buffer.from(`${length}#`, 'latin1'), leader];
  if (message !== undefined) parts.push(Buffer.from('\r\n', 'latin1'), message);
  return Buffer.concat(parts);
}

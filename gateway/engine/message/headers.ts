/** RFC 3261 section 7.3.3 and the IANA registry of compact forms. */
const COMPACT: Readonly<Record<string, string>> = {
  a: 'Accept-Contact',
  b: 'Referred-By',
  c: 'Content-Type',
  d: 'Request-Disposition',
  e: 'Content-Encoding',
  f: 'From',
  i: 'Call-ID',
  j: 'Reject-Contact',
  k: 'Supported',
  l: 'Content-Length',
  m: 'Contact',
  n: 'Identity-Info',
  o: 'Event',
  r: 'Refer-To',
  s: 'Subject',
  t: 'To',
  u: 'Allow-Events',
  v: 'Via',
  x: 'Session-Expires',
  y: 'Identity',
};

/** Names whose usual spelling is not a capital after each dash. */
const SPELLINGS: Readonly<Record<string, string>> = {
  'call-id': 'Call-ID',
  cseq: 'CSeq',
  'mime-version': 'MIME-Version',
  'min-se': 'Min-SE',
  rack: 'RAck',
  rseq: 'RSeq',
  'sip-etag': 'SIP-ETag',
  'sip-if-match': 'SIP-If-Match',
  'www-authenticate': 'WWW-Authenticate',
};

export interface Header {
  /** The long name in lower case. */
  readonly key: string;
  readonly name: string;
  readonly value: string;
}

/** Expands a compact name and leaves every other as it was written. */
function longName(name: string): string {
  return (name.length === 1 && COMPACT[name.toLowerCase()]) || name;
}

/** How a name an app wrote in lower case goes on the wire; `X-` names stay as they are. */
export function wireName(name: string): string {
  const long = longName(name);
  const known = SPELLINGS[long.toLowerCase()];
  if (known !== undefined) return known;
  if (/^x-/i.test(long)) return long;
  return long.replace(/(^|-)([a-z])/g, (_, dash: string, letter: string) => dash + letter.toUpperCase());
}

/** The header fields of a message in their order; keys are long names in lower case. */
export class Headers implements Iterable<Header> {
  #fields: Header[] = [];

  get size(): number {
    return this.#fields.length;
  }

  [Symbol.iterator](): Iterator<Header> {
    return this.#fields[Symbol.iterator]();
  }

  get(key: string): string | undefined {
    return this.#fields.find((field) => field.key === key)?.value;
  }

  all(key: string): string[] {
    return this.#fields.filter((field) => field.key === key).map((field) => field.value);
  }

  has(key: string): boolean {
    return this.#fields.some((field) => field.key === key);
  }

  count(key: string): number {
    return this.#fields.reduce((sum, field) => (field.key === key ? sum + 1 : sum), 0);
  }

  append(name: string, value: string): this {
    const long = longName(name);
    this.#fields.push({ key: long.toLowerCase(), name: long, value });
    return this;
  }

  /** Puts the value where the first field of that name is, drops the others, or appends. */
  set(name: string, value: string): this {
    const key = longName(name).toLowerCase();
    const index = this.#fields.findIndex((field) => field.key === key);
    if (index < 0) return this.append(name, value);
    this.#fields[index] = { key, name: this.#fields[index]?.name ?? name, value };
    this.#fields = this.#fields.filter((field, at) => at <= index || field.key !== key);
    return this;
  }

  /** Replaces only the first field of that name, such as the topmost Via. */
  replaceFirst(key: string, value: string): void {
    const index = this.#fields.findIndex((field) => field.key === key);
    const field = this.#fields[index];
    if (field !== undefined) this.#fields[index] = { ...field, value };
  }

  delete(key: string): void {
    this.#fields = this.#fields.filter((field) => field.key !== key);
  }

  clone(): Headers {
    const copy = new Headers();
    copy.#fields = [...this.#fields];
    return copy;
  }
}

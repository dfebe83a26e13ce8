import { formatParameters, type Parameter, parameter, parseParameters, splitList } from './parameters.js';
import { isAbsoluteUri } from './uri.js';

/** A From, To, Contact, Route or Record-Route value (RFC 3261 section 25.1: name-addr or addr-spec, and parameters). */
export interface NameAddr {
  /** As written, quotes included; empty when there is none. */
  readonly displayName: string;
  readonly uri: string;
  readonly parameters: readonly Parameter[];
}

const QUOTED = /^"(?:[^"\\]|\\.)*"/;

export function parseNameAddr(text: string): NameAddr | undefined {
  const value = text.trim();
  const quoted = QUOTED.exec(value)?.[0];
  const open = value.indexOf('<', quoted?.length ?? 0);
  if (open < 0) return quoted === undefined ? parseAddrSpec(value) : undefined;
  const close = value.indexOf('>', open);
  if (close < 0) return undefined;
  const displayName = value.slice(0, open).trim();
  if (quoted === undefined ? /[",;<>]/.test(displayName) : displayName !== quoted) return undefined;
  return build(displayName, value.slice(open + 1, close).trim(), parseParameters(value, close + 1));
}

/** Without angle brackets everything after the first semicolon belongs to the header (RFC 3261 section 20). */
function parseAddrSpec(value: string): NameAddr | undefined {
  const end = value.indexOf(';');
  const uri = (end < 0 ? value : value.slice(0, end)).trim();
  if (/[,?]/.test(uri)) return undefined;
  return build('', uri, end < 0 ? [] : parseParameters(value, end));
}

function build(displayName: string, uri: string, parameters: Parameter[] | undefined): NameAddr | undefined {
  return parameters !== undefined && isAbsoluteUri(uri) ? { displayName, uri, parameters } : undefined;
}

/** Reads all values of a header that may repeat or hold a comma list; undefined when one of them is malformed. */
export function parseNameAddrs(values: readonly string[]): NameAddr[] | undefined {
  const found: NameAddr[] = [];
  for (const part of values.flatMap(splitList)) {
    const address = parseNameAddr(part);
    if (address === undefined) return undefined;
    found.push(address);
  }
  return found;
}

export function formatNameAddr({ displayName, uri, parameters }: NameAddr): string {
  return `${displayName === '' ? '' : `${displayName} `}<${uri}>${formatParameters(parameters)}`;
}

/** The tag of a From or To; undefined when it has none. */
export function tagOf(address: NameAddr): string | undefined {
  return parameter(address.parameters, 'tag');
}

export function withTag(address: NameAddr, tag: string): NameAddr {
  const others = address.parameters.filter(({ name }) => name.toLowerCase() !== 'tag');
  return { ...address, parameters: [...others, { name: 'tag', value: tag }] };
}

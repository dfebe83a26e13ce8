import { formatParameters, type Parameter, parameter, parseParameters } from './parameters.js';
import { formatHost, parseHostPort } from './uri.js';

/** One Via value (RFC 3261 section 20.42). */
export interface Via {
  readonly transport: string;
  /** The sent-by as written. */
  readonly sentBy: string;
  readonly host: string;
  readonly port: number | undefined;
  readonly branch: string | undefined;
  readonly parameters: readonly Parameter[];
}

const VIA = /^SIP[ \t]*\/[ \t]*2\.0[ \t]*\/[ \t]*([\w.!%*+`'~-]+)[ \t]+([^\s;,]+)[ \t]*(?=;|$)/i;

export function parseVia(text: string): Via | undefined {
  const match = VIA.exec(text);
  if (match?.[1] === undefined || match[2] === undefined) return undefined;
  const where = parseHostPort(match[2]);
  const parameters = parseParameters(text, match[0].length);
  if (where === undefined || parameters === undefined) return undefined;
  const branch = parameter(parameters, 'branch');
  return { transport: match[1].toUpperCase(), sentBy: match[2], ...where, branch, parameters };
}

/** Notes where the request really came from (RFC 3261 section 18.2.1, RFC 3581 section 4; asked for or not). */
export function stampVia(via: Via, address: string, port: number): string {
  const parameters = via.parameters.filter(({ name }) => !/^(rport|received)$/i.test(name));
  parameters.push({ name: 'rport', value: String(port) });
  if (via.host !== address) parameters.push({ name: 'received', value: address });
  return `SIP/2.0/${via.transport} ${via.sentBy}${formatParameters(parameters)}`;
}

/** The topmost Via of a request of ours. */
export function ownVia(transport: string, host: string, port: number, branch: string): string {
  return `SIP/2.0/${transport} ${formatHost(host)}:${port};rport;branch=${branch}`;
}

import { bracketed } from '../../bracketed.js';
import type { TrunkSettings } from '../../config-trunks.js';
import { readHostPort } from '../../network.js';
import type { OutsideTrunk } from '../../rooms/outside-calls.js';
import { dialledForm, type TelephoneNumber } from '../../rooms/telephone-number.js';
import type { Credentials, Source } from '../sip-server.js';

/** A configured SIP peer that leads to telephones. */
export class Trunk implements OutsideTrunk {
  readonly name: string;
  readonly settings: TrunkSettings;
  /** Whether its registration is in force; kept by that. */
  registered = false;

  constructor(name: string, settings: TrunkSettings) {
    this.name = name;
    this.settings = settings;
  }

  get atOnce(): number {
    return this.settings.atOnce;
  }

  takes(number: TelephoneNumber): boolean {
    return dialledForm(number, this.settings) !== undefined;
  }

  ready(): boolean {
    return this.registered || !this.settings.register;
  }

  /** The next hop. */
  get target(): Source {
    const { host, port, transport, outboundProxy } = this.settings;
    const proxy = outboundProxy === null ? undefined : readHostPort(outboundProxy);
    return { address: proxy?.host ?? host, port: proxy?.port ?? port, transport };
  }

  /** The URI of the peer itself, or of a user there. */
  uri(user?: string): string {
    const { host, port, transport } = this.settings;
    const where = `${bracketed(host)}${port === 5060 ? '' : `:${port}`}${transport === 'tcp' ? ';transport=tcp' : ''}`;
    return user === undefined ? `sip:${where}` : `sip:${escapeUser(user)}@${where}`;
  }

  /** A user's address of record there: who they are, not where. */
  aor(user: string): string {
    return `sip:${escapeUser(user)}@${bracketed(this.settings.host)}`;
  }

  get credentials(): Credentials | undefined {
    const { username, authUsername, password } = this.settings;
    const name = authUsername ?? username;
    return name === null || password === null ? undefined : { username: name, password };
  }
}

/** In the order of the configuration, which is the order they are tried in. */
export function trunksOf(settings: Readonly<Record<string, TrunkSettings>>): Trunk[] {
  return Object.entries(settings).map(([name, each]) => new Trunk(name, each));
}

/** What stands as it is in the user part of a SIP URI (RFC 3261 section 25.1). */
export function escapeUser(user: string): string {
  return encodeURIComponent(user).replace(/%(24|26|2B|2C|2F|3B|3D|3F)/g, (escaped) => decodeURIComponent(escaped));
}

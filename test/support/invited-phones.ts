import { existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Child } from './child.js';
import { eventually } from './eventually.js';
import { freePort, listens, portStretch } from './free-port.js';
import { temporaryFolder } from './temporary-folder.js';

/** What phones do that are called: whoever has one of them behaves that way whenever it rings. */
export type Behaviour = keyof typeof BEHAVIOURS;

/** Keys by RFC 4733 are sent from a raw socket. */
const MAY_USE_RAW_SOCKETS = process.getuid?.() === 0;
const MOST_CALLS = 100;

const RECV_INVITE = `
  <recv request="INVITE" rrs="true">
    <action>
      <ereg regexp=".*" search_in="hdr" header="From:" assign_to="from" />
      <ereg regexp=".*" search_in="hdr" header="To:" assign_to="to" />
      <ereg regexp=".*" search_in="hdr" header="CSeq:" assign_to="cseq" />
      <ereg regexp="sip:([^@]*)@" search_in="hdr" header="To:" assign_to="whole,user" />
      <log message="called [$user]" />
    </action>
  </recv>
  <Reference variables="whole,from,to,cseq" />`;

const reply = (status: string, attributes = '', body = '') => `
  <send${attributes}>
    <![CDATA[
      SIP/2.0 ${status}
      [last_Via:]
      [last_Record-Route:]
      From:[$from]
      To:[$to];tag=[pid]T[call_number]
      Call-ID: [call_id]
      CSeq:[$cseq]
      Contact: <sip:phone@[local_ip]:[local_port]>
      ${body === '' ? 'Content-Length: 0\n\n' : `Content-Type: application/sdp\n      Content-Length: [len]\n\n${body}`}
    ]]>
  </send>`;

const RING = reply('180 Ringing');

const SDP = `      v=0
      o=sipp 53655765 2353687637 IN IP4 [media_ip]
      s=-
      c=IN IP4 [media_ip]
      t=0 0
      m=audio [auto_media_port] RTP/AVP 0 101
      a=rtpmap:0 PCMU/8000
      a=rtpmap:101 telephone-event/8000
      a=fmtp:101 0-15
`;

const ANSWER = `${RING}${reply('200 OK', ' retrans="500"', SDP)}
  <recv request="ACK" rrs="true" />`;

const refuse = (status: string) => `${reply(status, ' retrans="500"')}
  <recv request="ACK" />`;

/** Within the dialog, from us to whoever called. */
const request = (method: string, cseq: number, body = '') => `
  <send retrans="500">
    <![CDATA[
      ${method} [next_url] SIP/2.0
      Via: SIP/2.0/[transport] [local_ip]:[local_port];branch=[branch]
      Max-Forwards: 70
      From:[$to];tag=[pid]T[call_number]
      To:[$from]
      Call-ID: [call_id]
      CSeq: ${cseq} ${method}
      ${body === '' ? 'Content-Length: 0\n\n' : `Content-Type: application/dtmf-relay\n      Content-Length: [len]\n\n${body}`}
    ]]>
  </send>
  <recv response="200" />`;

const pause = (ms: number) => `
  <pause milliseconds="${ms}" />`;

const keyByInfo = (key: string) => request('INFO', 1, `      Signal=${key}\n      Duration=100\n`);
const keyByRtp = (key: string) => `
  <nop>
    <action><exec play_pcap_audio="/usr/share/sip-tester/dtmf_2833_${key}.pcap" /></action>
  </nop>`;
const key = MAY_USE_RAW_SOCKETS ? keyByRtp : keyByInfo;

const AWAIT_BYE = `
  <recv request="BYE" />
  <send>
    <![CDATA[
      SIP/2.0 200 OK
      [last_Via:]
      [last_From:]
      [last_To:]
      [last_Call-ID:]
      [last_CSeq:]
      Content-Length: 0

    ]]>
  </send>`;

const AWAIT_CANCEL = `
  <recv request="CANCEL" />
  <send>
    <![CDATA[
      SIP/2.0 200 OK
      [last_Via:]
      [last_From:]
      [last_To:];tag=[pid]T[call_number]
      [last_Call-ID:]
      [last_CSeq:]
      Content-Length: 0

    ]]>
  </send>${refuse('487 Request Terminated')}`;

const BEHAVIOURS = {
  busy: refuse('486 Busy Here'),
  'refuses the call': `${RING}${pause(200)}${refuse('603 Decline')}`,
  'is broken': refuse('500 Server Internal Error'),
  'rings forever': `${RING}${AWAIT_CANCEL}`,
  'presses 1': `${ANSWER}${pause(1500)}${key('1')}${AWAIT_BYE}`,
  'presses 1 at once': `${ANSWER}${pause(200)}${key('1')}${AWAIT_BYE}`,
  'presses 1 by INFO': `${ANSWER}${pause(800)}${keyByInfo('1')}${AWAIT_BYE}`,
  'presses 2': `${ANSWER}${pause(500)}${key('2')}${AWAIT_BYE}`,
  'never presses': `${ANSWER}${AWAIT_BYE}`,
  'hangs up': `${ANSWER}${pause(1000)}${request('BYE', 1)}`,
  /** Does not even say that it got the call. */
  silent: `
  <timewait milliseconds="600000" />`,
} as const;

/** Phones run by sipp that all behave alike, at one address. */
export class InvitedPhones {
  readonly behaviour: Behaviour;
  readonly port: number;
  readonly #child: Child;
  readonly #folder: string;

  static async open(behaviour: Behaviour): Promise<InvitedPhones> {
    const folder = temporaryFolder('invited-phones');
    const scenario = `<?xml version="1.0" encoding="ISO-8859-1"?>
<scenario name="phones">${RECV_INVITE}${BEHAVIOURS[behaviour]}
</scenario>`;
    writeFileSync(join(folder, 'phones.xml'), scenario);
    const port = await freePort();
    const media = portStretch(4 * MOST_CALLS).first;
    const child = await Child.start(
      'sipp',
      [
        ...['-sf', 'phones.xml', '-i', '127.0.0.1', '-mi', '127.0.0.1', '-p', String(port), '-mp', String(media)],
        ...['-t', 'u1', '-aa', '-nostdin', '-skip_rlimit', '-trace_logs', '-trace_err', '-timeout', '600s'],
      ],
      { cwd: folder },
    );
    const phones = new InvitedPhones({ behaviour, port, child, folder });
    await eventually('sipp to listen', () => listens(port), Boolean);
    return phones;
  }

  private constructor(of: { behaviour: Behaviour; port: number; child: Child; folder: string }) {
    this.behaviour = of.behaviour;
    this.port = of.port;
    this.#child = of.child;
    this.#folder = of.folder;
  }

  /** How often each user was called. */
  calls(): Map<string, number> {
    const calls = new Map<string, number>();
    for (const [, user = ''] of this.#read('_logs.log').matchAll(/^called (\S+)$/gm)) {
      calls.set(user, (calls.get(user) ?? 0) + 1);
    }
    return calls;
  }

  /** What sipp did not expect. */
  errors(): string {
    return this.#read('_errors.log');
  }

  async close(): Promise<void> {
    this.#child.killNow();
    await this.#child.exited;
    rmSync(this.#folder, { recursive: true, force: true });
  }

  #read(ending: string): string {
    return readdirSync(this.#folder)
      .filter((name) => name.endsWith(ending) && existsSync(join(this.#folder, name)))
      .map((name) => readFileSync(join(this.#folder, name), 'utf8'))
      .join('');
  }
}

import { readdirSync, rmSync, writeFileSync } from 'node:fs';
import { connect, type Socket } from 'node:net';
import { join } from 'node:path';
import { Child } from './child.js';
import { eventually, within } from './eventually.js';
import { freePort } from './free-port.js';
import type { NetworkNamespace } from './network-namespace.js';
import type { SipServerAddress } from './sip-wire.js';
import { temporaryFolder } from './temporary-folder.js';
import { readWav } from './wav.js';

const MODULES = '/usr/lib/baresip/modules';

export interface BaresipOptions {
  server: SipServerAddress;
  user: string;
  password: string;
  /** WAV file (8000 Hz, mono, 16 bits) it says into the call. */
  microphone: string;
  transport?: 'udp' | 'tcp';
  /** 0 does not register at all. */
  expiresSeconds?: number;
  codecs?: string;
  /** The network it is in, where it is not this machine's own. */
  network?: NetworkNamespace;
}

export interface BaresipEvent {
  readonly type: string;
  readonly param?: string;
  readonly id?: string;
}

/** Debian's baresip as a desk phone, without audio hardware: it plays a file and records what it hears. */
export class Baresip {
  readonly user: string;
  readonly events: BaresipEvent[] = [];
  readonly #child: Child;
  readonly #folder: string;
  readonly #control: Socket;
  readonly #replies = new Map<string, (reply: { ok: boolean; data: string }) => void>();
  #buffer = Buffer.alloc(0);
  #token = 0;

  /** Starts it; with `expiresSeconds` left out it registers, which `registered` waits for. */
  static async start(options: BaresipOptions): Promise<Baresip> {
    const folder = temporaryFolder('baresip');
    const controlPort = await freePort();
    writeConfig(folder, controlPort, options);
    const command = ['baresip', '-f', folder, '-s', '-v'];
    if (options.network !== undefined) command.unshift('ip', 'netns', 'exec', options.network.name);
    const child = await Child.start(command[0] ?? '', command.slice(1));
    try {
      await child.line(/baresip is ready/);
      const control = await within('baresip to take commands', connectTo(addressOf(options), controlPort));
      return new Baresip(options.user, child, folder, control);
    } catch (error) {
      child.killNow();
      throw new Error(`${(error as Error).message}\n${child.describe()}`);
    }
  }

  private constructor(user: string, child: Child, folder: string, control: Socket) {
    this.user = user;
    this.#child = child;
    this.#folder = folder;
    this.#control = control;
    control.on('data', (chunk) => this.#read(chunk));
    control.on('error', () => {});
  }

  get pid(): number {
    return this.#child.pid;
  }

  /** Everything it printed, SIP messages included. */
  get output(): string {
    return this.#child.stdout + this.#child.stderr;
  }

  async registered(): Promise<void> {
    // It may have registered before we could listen to its events.
    const said = () => /\} 200 OK \(.*\) \[\d+ bindings?\]/.test(this.output);
    await this.#awaits('to be registered', () => said() || this.#count('REGISTER_OK') > 0);
  }

  /** Dials and waits until the call is up. */
  async dial(number: string): Promise<void> {
    const before = this.#count('CALL_ESTABLISHED');
    await this.command('dial', number);
    await this.#awaits(`to be in call with ${number}`, () => this.#count('CALL_ESTABLISHED') > before);
  }

  async hangUp(): Promise<void> {
    await this.command('hangup');
    await this.callEnded();
  }

  async callEnded(deadlineMs?: number): Promise<void> {
    await this.#awaits(
      'the call to end',
      () => this.#count('CALL_CLOSED') >= this.#count('CALL_ESTABLISHED'),
      deadlineMs,
    );
  }

  /** Its own mute button: the phone goes on sending, silence. Toggles. */
  async toggleMute(): Promise<void> {
    await this.command('mute');
  }

  /**
   * Puts the room on hold by re-INVITE; baresip goes on sending its microphone, as music on hold would. Of what it
   * hears after that it records nothing until its next call: baresip 1.0 drops its recorder on hold.
   */
  async hold(): Promise<void> {
    await this.#renegotiate('hold');
  }

  async resume(): Promise<void> {
    await this.#renegotiate('resume');
  }

  async press(digit: string): Promise<void> {
    await this.command('sndcode', digit);
  }

  /** What it has heard in its latest call so far, 8000 Hz. */
  heard(): Int16Array {
    const last = readdirSync(this.#folder)
      .filter((name) => name.endsWith('-dec.wav'))
      .sort()
      .at(-1);
    return last === undefined ? new Int16Array(0) : readWav(join(this.#folder, last));
  }

  /** @throws Error when baresip does not take the command. */
  async command(command: string, params = ''): Promise<string> {
    this.#token += 1;
    const token = String(this.#token);
    const reply = new Promise<{ ok: boolean; data: string }>((resolve) => this.#replies.set(token, resolve));
    const text = JSON.stringify({ command, params, token });
    this.#control.write(`${Buffer.byteLength(text)}:${text},`);
    const { ok, data } = await within(`baresip to do ${command} ${params}`, reply);
    if (!ok) throw new Error(`baresip refused ${command} ${params}: ${data}\n${this.#child.describe()}`);
    return data;
  }

  /** Dies at once, as on a power cut. */
  async kill(): Promise<void> {
    this.#child.killNow();
    await this.#child.exited;
    this.#dispose();
  }

  /** Hangs up, unregisters and ends. Idempotent. */
  async stop(): Promise<void> {
    if (this.#child.exit === undefined) await this.#child.stop('SIGTERM').catch(() => this.#child.killNow());
    this.#dispose();
  }

  #dispose(): void {
    this.#control.destroy();
    rmSync(this.#folder, { recursive: true, force: true });
  }

  async #renegotiate(command: 'hold' | 'resume'): Promise<void> {
    const answers = () => this.events.filter((event) => event.type === 'CALL_REMOTE_SDP').length;
    const before = answers();
    await this.command(command);
    await this.#awaits(`an answer to ${command}`, () => answers() > before);
  }

  #count(type: string): number {
    return this.events.filter((event) => event.type === type).length;
  }

  async #awaits(what: string, holds: () => boolean, deadlineMs?: number): Promise<void> {
    try {
      await eventually(`baresip of ${this.user} ${what}`, holds, Boolean, deadlineMs);
    } catch (error) {
      throw new Error(`${(error as Error).message}\n${JSON.stringify(this.events)}\n${this.#child.describe()}`);
    }
  }

  /** Netstrings of JSON: events, and the replies to our commands. */
  #read(chunk: Buffer): void {
    this.#buffer = Buffer.concat([this.#buffer, chunk]);
    for (;;) {
      const colon = this.#buffer.indexOf(':');
      const length = Number(this.#buffer.toString('latin1', 0, Math.max(colon, 0)));
      if (colon < 0 || this.#buffer.length < colon + length + 2) return;
      this.#take(JSON.parse(this.#buffer.toString('utf8', colon + 1, colon + 1 + length)));
      this.#buffer = this.#buffer.subarray(colon + length + 2);
    }
  }

  #take(message: { event?: boolean; token?: string; type: string; ok: boolean; data: string }): void {
    if (message.event === true) this.events.push(message);
    else if (message.token !== undefined) this.#replies.get(message.token)?.(message);
  }
}

function writeConfig(folder: string, controlPort: number, options: BaresipOptions): void {
  const { server, user, transport = 'udp', expiresSeconds = 120, codecs = 'PCMU/8000/1,PCMA/8000/1' } = options;
  const address = addressOf(options);
  writeFileSync(
    join(folder, 'config'),
    `poll_method epoll
sip_listen ${address}:0
net_interface ${address}
audio_player aubridge,ear
audio_source aufile,${options.microphone}
ausrc_srate 8000
auplay_srate 8000
ausrc_channels 1
auplay_channels 1
rtp_ports 10000-11998
jitter_buffer_delay 1-5
snd_path ${folder}
module_path ${MODULES}
module g711.so
module aufile.so
module aubridge.so
module sndfile.so
module_tmp uuid.so
module_tmp account.so
module_app contact.so
module_app menu.so
module_app ctrl_tcp.so
ctrl_tcp_listen ${address}:${controlPort}
`,
  );
  const uri = `sip:${user}@${server.host}:${server.port};transport=${transport}`;
  const parameters = [`auth_pass=${options.password}`, `regint=${expiresSeconds}`, `audio_codecs=${codecs}`];
  writeFileSync(join(folder, 'accounts'), `<${uri}>;${parameters.join(';')}\n`);
  writeFileSync(join(folder, 'contacts'), '');
}

function addressOf({ network }: BaresipOptions): string {
  return network?.address ?? '127.0.0.1';
}

function connectTo(host: string, port: number): Promise<Socket> {
  return new Promise((resolve, reject) => {
    const socket = connect({ host, port });
    socket.once('connect', () => resolve(socket));
    socket.once('error', reject);
  });
}

import { once } from 'node:events';
import { type Browser, type BrowserServer, chromium, type Page } from 'playwright-core';
import type { Ear } from './hearing.js';
import { heard } from './signal.js';
import { toneFile } from './tone-file.js';

const CHROMIUM = '/usr/bin/chromium';
/** Far more than it takes to start one, and than a page takes for anything, on a machine that is busy with others. */
const DEADLINE_MS = 60_000;

const SAMPLE_RATE = 8_000;
/** A second of sound, to tell tones apart by. */
const WINDOW_SAMPLES = 8_192;
/** The fake microphone plays its file over and over: whole seconds of whole hertz repeat without a click. */
const TONE_SECONDS = 2;
const MOST_HEARD_SAMPLES = SAMPLE_RATE * 600;

const FLAGS = [
  '--no-sandbox',
  '--use-fake-device-for-media-stream',
  '--autoplay-policy=no-user-gesture-required',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
  '--disable-quic',
  '--no-first-run',
];

export interface BrowserOptions {
  /** The tone its microphone hears, in whole Hz; Chromium's own beeps without one. */
  toneHz?: number;
  /** A WAV file for the microphone to hear instead. */
  wav?: string;
  /**
   * What becomes of the page's wish for a microphone; granted unless said otherwise. Chromium itself refuses; that
   * there is none, or that it is taken, is said in its place, since it always has its fake one.
   */
  microphone?: 'granted' | 'refused' | 'absent' | 'in-use';
  /** More flags for Chromium. */
  flags?: readonly string[];
}

const running = new Set<TestBrowser>();
process.on('exit', () => {
  for (const browser of running) browser.killNow();
});

/** A Chromium of its own, with one page: each has its own process, microphone and storage. */
export class TestBrowser implements Ear {
  readonly page: Page;
  readonly pid: number;
  readonly #server: BrowserServer;
  readonly #browser: Browser;
  readonly #recording = new Int16Array(MOST_HEARD_SAMPLES);
  #recorded = 0;

  static async start(options: BrowserOptions = {}): Promise<TestBrowser> {
    const wav = options.wav ?? (options.toneHz === undefined ? undefined : toneFile(options.toneHz, TONE_SECONDS));
    const server = await chromium.launchServer({
      executablePath: CHROMIUM,
      args: [...FLAGS, ...microphoneFlags(options, wav), ...(options.flags ?? [])],
      timeout: DEADLINE_MS,
    });
    const browser = await chromium.connect(server.wsEndpoint());
    const page = await browser.newPage({ viewport: { width: 1280, height: 800 } });
    page.setDefaultTimeout(DEADLINE_MS);
    await page.addInitScript(takeTonesAsTheyAre);
    if (options.microphone === 'absent') await page.addInitScript(failMicrophone, 'NotFoundError');
    if (options.microphone === 'in-use') await page.addInitScript(failMicrophone, 'NotReadableError');
    const started = new TestBrowser(server, browser, page);
    running.add(started);
    await page.exposeFunction('roomlineHeard', (samples: number[]) => started.#record(samples));
    await page.addInitScript(recordRoomAudio, SAMPLE_RATE);
    return started;
  }

  private constructor(server: BrowserServer, browser: Browser, page: Page) {
    this.#server = server;
    this.#browser = browser;
    this.page = page;
    this.pid = server.process().pid ?? 0;
  }

  /** All that the page has played so far, 8000 Hz. */
  heard(): Int16Array {
    return this.#recording.subarray(0, this.#recorded);
  }

  /** Closes the page as a user does: its last words are sent. */
  async close(): Promise<void> {
    if (!running.delete(this)) return;
    await this.page.close({ runBeforeUnload: false }).catch(() => undefined);
    await this.#browser.close().catch(() => undefined);
    await this.#server.close();
  }

  /** Ends all its processes at once, as a crash does: nothing is sent. */
  async kill(): Promise<void> {
    if (!running.delete(this)) return;
    const child = this.#server.process();
    const gone = child.exitCode !== null || child.signalCode !== null ? undefined : once(child, 'exit');
    await this.#server.kill();
    await gone;
  }

  killNow(): void {
    this.#server.process().kill('SIGKILL');
  }

  #record(samples: readonly number[]): void {
    const room = this.#recording.length - this.#recorded;
    this.#recording.set(samples.slice(0, room), this.#recorded);
    this.#recorded += Math.min(room, samples.length);
  }
}

export async function closeBrowsers(): Promise<void> {
  await Promise.all([...running].map((browser) => browser.close()));
}

/** Which of the tones were in the last second of what the page played. */
export function analyse(browser: TestBrowser, frequencies: readonly number[]): number[] {
  const found = heard(browser.heard().subarray(-WINDOW_SAMPLES), frequencies, SAMPLE_RATE);
  return frequencies.filter((frequency) => found.has(frequency));
}

function microphoneFlags({ microphone }: BrowserOptions, wav: string | undefined): string[] {
  if (microphone === 'refused') return ['--use-fake-ui-for-media-stream=deny'];
  const heardFile = wav === undefined ? [] : [`--use-file-for-fake-audio-capture=${wav}`];
  return ['--use-fake-ui-for-media-stream', ...heardFile];
}

/**
 * Runs in the page. Noise suppression takes a steady tone for noise, which is right for people and wrong for a test:
 * the microphone is asked for without it.
 */
function takeTonesAsTheyAre(): void {
  const { navigator } = globalThis as unknown as {
    navigator: { mediaDevices?: { getUserMedia: (constraints: { audio: object }) => Promise<unknown> } };
  };
  const devices = navigator.mediaDevices;
  if (devices === undefined) return;
  const open = devices.getUserMedia.bind(devices);
  devices.getUserMedia = ({ audio }) =>
    open({ audio: { ...audio, echoCancellation: false, noiseSuppression: false, autoGainControl: false } });
}

/** Runs in the page. */
function failMicrophone(name: string): void {
  const page = globalThis as unknown as {
    navigator: { mediaDevices?: { getUserMedia: () => Promise<never> } };
    DOMException: new (message: string, name: string) => Error;
  };
  const devices = page.navigator.mediaDevices;
  if (devices !== undefined) devices.getUserMedia = () => Promise.reject(new page.DOMException(name, name));
}

/** Runs in the page: passes on all that its audio element plays, whichever stream that is. */
function recordRoomAudio(sampleRate: number): void {
  interface Node {
    connect(to: unknown): void;
    disconnect(): void;
  }
  interface Processor extends Node {
    onaudioprocess: (event: { inputBuffer: { getChannelData(channel: number): Float32Array } }) => void;
  }
  const page = globalThis as unknown as {
    document: { querySelector(selector: string): { srcObject: object | null } | null };
    AudioContext: new (
      options: object,
    ) => {
      readonly destination: unknown;
      createMediaStreamSource(stream: object): Node;
      createScriptProcessor(size: number, inputs: number, outputs: number): Processor;
    };
    roomlineHeard(samples: number[]): Promise<void>;
  };
  const PIECE_SAMPLES = 1024;
  const LOOK_MS = 50;
  const context = new page.AudioContext({ sampleRate });
  const processor = context.createScriptProcessor(PIECE_SAMPLES, 1, 1);
  processor.connect(context.destination);
  let stream: object | null = null;
  let source: Node | undefined;
  processor.onaudioprocess = ({ inputBuffer }) => {
    if (stream === null) return;
    void page.roomlineHeard(Array.from(inputBuffer.getChannelData(0), (sample) => Math.round(sample * 32_767)));
  };
  setInterval(() => {
    const playing = page.document.querySelector('#room-audio')?.srcObject ?? null;
    if (playing === stream) return;
    source?.disconnect();
    source = playing === null ? undefined : context.createMediaStreamSource(playing);
    source?.connect(processor);
    stream = playing;
  }, LOOK_MS);
}

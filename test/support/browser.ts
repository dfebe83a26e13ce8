import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Browser, type BrowserServer, chromium, type Page } from 'playwright-core';
import { eventually } from './eventually.js';
import { goertzelLevel, heard, tone } from './signal.js';

const CHROMIUM = '/usr/bin/chromium';

/** What a test listens with: the telephone band, a second at a time. */
const SAMPLE_RATE = 8_000;
const WINDOW_SAMPLES = 8_192;

/** Wherever a tone of the tests is played, it repeats after one second without a click: whole Hz, whole seconds. */
const MICROPHONE_RATE = 48_000;
const MICROPHONE_SECONDS = 2;

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
  /** The tone its microphone hears, in whole Hz; silence without one. */
  toneHz?: number;
  /** A WAV file for the microphone to hear instead. */
  wav?: string;
  /** What becomes of the page's wish for a microphone; granted unless said otherwise. */
  microphone?: 'granted' | 'refused' | 'absent';
  /** More flags for Chromium. */
  flags?: readonly string[];
}

const running = new Set<TestBrowser>();
process.on('exit', () => {
  for (const browser of running) browser.killNow();
});

/** A Chromium of its own, with one page: each has its own process, microphone and storage. */
export class TestBrowser {
  readonly page: Page;
  readonly pid: number;
  readonly #server: BrowserServer;
  readonly #browser: Browser;
  readonly #folder: string;

  static async start(options: BrowserOptions = {}): Promise<TestBrowser> {
    const folder = await mkdtemp(join(tmpdir(), 'roomline-browser-'));
    const wav = options.wav ?? join(folder, 'microphone.wav');
    if (options.wav === undefined) await writeFile(wav, microphoneWav(options.toneHz));
    const server = await chromium.launchServer({
      executablePath: CHROMIUM,
      args: [...FLAGS, ...microphoneFlags(options, wav), ...(options.flags ?? [])],
    });
    const browser = await chromium.connect(server.wsEndpoint());
    const page = await browser.newPage({ viewport: { width: 1280, height: 800 } });
    await page.addInitScript(takeTonesAsTheyAre);
    const started = new TestBrowser(server, browser, page, folder);
    running.add(started);
    return started;
  }

  private constructor(server: BrowserServer, browser: Browser, page: Page, folder: string) {
    this.#server = server;
    this.#browser = browser;
    this.#folder = folder;
    this.page = page;
    this.pid = server.process().pid ?? 0;
  }

  /** Closes the page as a user does: its last words are sent. */
  async close(): Promise<void> {
    if (!running.delete(this)) return;
    await this.page.close({ runBeforeUnload: false }).catch(() => undefined);
    await this.#browser.close().catch(() => undefined);
    await this.#server.close();
    await this.#cleanUp();
  }

  /** Ends all its processes at once, as a crash does: nothing is sent. */
  async kill(): Promise<void> {
    if (!running.delete(this)) return;
    await this.#server.kill();
    await this.#cleanUp();
  }

  killNow(): void {
    this.#server.process().kill('SIGKILL');
  }

  async #cleanUp(): Promise<void> {
    const child = this.#server.process();
    if (child.exitCode === null && child.signalCode === null) await once(child, 'exit');
    await rm(this.#folder, { recursive: true, force: true, maxRetries: 5 });
  }
}

export async function closeBrowsers(): Promise<void> {
  await Promise.all([...running].map((browser) => browser.close()));
}

/** The last second of what the page plays, as 16-bit samples at 8000 Hz; nothing before it plays. */
export async function listen(page: Page): Promise<Int16Array> {
  const samples = await page.evaluate(readRoomAudio, { rate: SAMPLE_RATE, size: WINDOW_SAMPLES });
  return Int16Array.from(samples);
}

/** Which of the tones are in the sound the page plays now. */
export async function analyse(page: Page, frequencies: readonly number[]): Promise<number[]> {
  const found = heard(await listen(page), frequencies, SAMPLE_RATE);
  return frequencies.filter((frequency) => found.has(frequency));
}

/** Waits until the page plays exactly these of the tones. */
export async function hears(
  page: Page,
  wanted: readonly number[],
  frequencies: readonly number[],
  deadlineMs = 15_000,
): Promise<void> {
  const levels = async () => {
    const samples = await listen(page);
    const found = heard(samples, frequencies, SAMPLE_RATE);
    const dbfs = frequencies.map((frequency) => [
      frequency,
      Math.round(goertzelLevel(samples, frequency, SAMPLE_RATE)),
    ]);
    return { exact: frequencies.every((frequency) => found.has(frequency) === wanted.includes(frequency)), dbfs };
  };
  await eventually(`the page to play ${wanted.join(', ') || 'no tone'}`, levels, ({ exact }) => exact, deadlineMs);
}

function microphoneFlags({ microphone = 'granted' }: BrowserOptions, wav: string): string[] {
  switch (microphone) {
    case 'granted':
      return ['--use-fake-ui-for-media-stream', `--use-file-for-fake-audio-capture=${wav}`];
    case 'refused':
      return ['--use-fake-ui-for-media-stream=deny'];
    case 'absent':
      return ['--use-fake-ui-for-media-stream', '--use-fake-device-for-media-stream=device-count=0'];
  }
}

function microphoneWav(toneHz: number | undefined): Buffer {
  const count = MICROPHONE_RATE * MICROPHONE_SECONDS;
  const samples = toneHz === undefined ? new Int16Array(count) : tone(toneHz, count, { sampleRate: MICROPHONE_RATE });
  const header = Buffer.alloc(44);
  header.write('RIFF', 0);
  header.writeUInt32LE(36 + 2 * count, 4);
  header.write('WAVEfmt ', 8);
  header.writeUInt32LE(16, 16);
  header.writeUInt16LE(1, 20);
  header.writeUInt16LE(1, 22);
  header.writeUInt32LE(MICROPHONE_RATE, 24);
  header.writeUInt32LE(2 * MICROPHONE_RATE, 28);
  header.writeUInt16LE(2, 32);
  header.writeUInt16LE(16, 34);
  header.write('data', 36);
  header.writeUInt32LE(2 * count, 40);
  return Buffer.concat([header, Buffer.from(samples.buffer)]);
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

interface Listener {
  stream: unknown;
  analyser: { fftSize: number; getFloatTimeDomainData(samples: Float32Array): void };
}

/** Runs in the page: taps the stream of the page's audio element and returns its last samples. */
function readRoomAudio({ rate, size }: { rate: number; size: number }): number[] {
  const page = globalThis as unknown as {
    document: { querySelector(selector: string): { srcObject: unknown; paused: boolean } | null };
    AudioContext: new (
      options: object,
    ) => {
      createAnalyser(): Listener['analyser'];
      createMediaStreamSource(stream: unknown): { connect(to: unknown): void };
    };
    roomlineListener?: Listener;
  };
  const audio = page.document.querySelector('#room-audio');
  const stream = audio?.srcObject ?? undefined;
  if (audio === null || stream === undefined || audio.paused) return [];
  if (page.roomlineListener?.stream !== stream) {
    const context = new page.AudioContext({ sampleRate: rate });
    const analyser = context.createAnalyser();
    analyser.fftSize = size;
    context.createMediaStreamSource(stream).connect(analyser);
    page.roomlineListener = { stream, analyser };
  }
  const samples = new Float32Array(size);
  page.roomlineListener.analyser.getFloatTimeDomainData(samples);
  return Array.from(samples, (sample) => Math.round(sample * 32_767));
}

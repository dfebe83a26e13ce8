/** Decibels below full scale at which the meter starts. */
const FLOOR_DB = -55;

/** Measures how loud a microphone is, for the meter. */
export class SoundLevel {
  readonly #context: AudioContext;
  readonly #analyser: AnalyserNode;
  readonly #samples: Float32Array<ArrayBuffer>;
  #source: MediaStreamAudioSourceNode | undefined;

  constructor() {
    this.#context = new AudioContext();
    this.#analyser = new AnalyserNode(this.#context, { fftSize: 512 });
    this.#samples = new Float32Array(this.#analyser.fftSize);
  }

  listen(stream: MediaStream): void {
    this.#source?.disconnect();
    this.#source = this.#context.createMediaStreamSource(stream);
    this.#source.connect(this.#analyser);
    void this.#context.resume().catch(() => undefined);
  }

  /** 0 (silence) to 1 (full scale), linear in decibels. */
  read(): number {
    this.#analyser.getFloatTimeDomainData(this.#samples);
    let sum = 0;
    for (const sample of this.#samples) sum += sample * sample;
    const db = 10 * Math.log10(sum / this.#samples.length + 1e-12);
    return Math.min(1, Math.max(0, 1 - db / FLOOR_DB));
  }

  close(): void {
    this.#source?.disconnect();
    void this.#context.close().catch(() => undefined);
  }
}

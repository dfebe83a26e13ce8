/** Two soft notes, then silence, over and over. */
const NOTES_HZ = [659.25, 880];
const NOTE_SECONDS = 0.32;
const NOTE_GAP_SECONDS = 0.18;
const PERIOD_MS = 2_600;
/** In a room the tone is only a hint. */
const GAIN = { idle: 0.12, inCall: 0.03 };

/** The sound of an invitation. Browsers keep it silent until the page has been clicked once. */
export class Ringtone {
  #context: AudioContext | undefined;
  #timer: ReturnType<typeof setInterval> | undefined;
  /** The browser has not let it sound yet. */
  #waiting = false;

  start(options: { inCall: boolean }): void {
    if (this.#timer !== undefined) return;
    const gain = options.inCall ? GAIN.inCall : GAIN.idle;
    this.#chime(gain);
    this.#timer = setInterval(() => this.#chime(gain), PERIOD_MS);
  }

  stop(): void {
    clearInterval(this.#timer);
    this.#timer = undefined;
    this.#waiting = false;
    void this.#context?.close().catch(() => undefined);
    this.#context = undefined;
  }

  #chime(gain: number): void {
    this.#context ??= new AudioContext();
    const context = this.#context;
    if (context.state === 'running') this.#play(context, gain);
    else if (!this.#waiting) {
      // Notes for a context that waits for a click would all sound at once when it comes.
      this.#waiting = true;
      context.resume().then(
        () => context === this.#context && this.#play(context, gain),
        () => undefined,
      );
    }
  }

  #play(context: AudioContext, gain: number): void {
    this.#waiting = false;
    NOTES_HZ.forEach((frequency, index) => {
      note(context, frequency, context.currentTime + index * (NOTE_SECONDS + NOTE_GAP_SECONDS), gain);
    });
  }
}

/** One note that swells and fades, so that it begins and ends without a click. */
function note(context: AudioContext, frequency: number, at: number, peak: number): void {
  const oscillator = new OscillatorNode(context, { type: 'sine', frequency });
  const volume = new GainNode(context, { gain: 0 });
  volume.gain.setValueAtTime(0, at);
  volume.gain.linearRampToValueAtTime(peak, at + 0.04);
  volume.gain.exponentialRampToValueAtTime(0.0001, at + NOTE_SECONDS);
  oscillator.connect(volume).connect(context.destination);
  oscillator.start(at);
  oscillator.stop(at + NOTE_SECONDS);
}

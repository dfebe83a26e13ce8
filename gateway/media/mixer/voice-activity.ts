/**
 * Tells talking from background: louder than the noise floor, which is learnt. Says so after 60 ms of voice, and
 * that it is over after half a second without.
 */
const ONSET_FRAMES = 3;
const HANGOVER_FRAMES = 25;
/** Mean squares of 16-bit samples: -50 dBFS at least, and 9 dB above the floor. */
const MIN_VOICE_POWER = 32_768 ** 2 * 10 ** -5;
const ABOVE_FLOOR = 10 ** 0.9;
/** The floor follows quickly down and 3 dB a second up, and stays under -45 dBFS: steady tones are no floor. */
const FLOOR_UP = 10 ** (0.3 / 50);
const FLOOR_DOWN = 0.2;
const MAX_FLOOR = 32_768 ** 2 * 10 ** -4.5;
const MIN_FLOOR = 16;

export class VoiceActivity {
  talking = false;
  #floor = MIN_FLOOR;
  #voiced = 0;
  #hangover = 0;

  /** Takes the next frame's mean square, a whole number; true when `talking` changed. */
  next(power: number): boolean {
    const voice = power > MIN_VOICE_POWER && power > this.#floor * ABOVE_FLOOR;
    if (power < this.#floor) this.#floor = Math.max(MIN_FLOOR, this.#floor + FLOOR_DOWN * (power - this.#floor));
    else this.#floor = Math.min(MAX_FLOOR, this.#floor * FLOOR_UP);
    this.#voiced = voice ? this.#voiced + 1 : Math.max(0, this.#voiced - 1);
    if (this.talking) return this.#stillTalking(voice);
    if (this.#voiced < ONSET_FRAMES) return false;
    this.talking = true;
    this.#hangover = HANGOVER_FRAMES;
    return true;
  }

  /** Stops talking without waiting; true when that is a change. */
  silence(): boolean {
    const changed = this.talking;
    this.talking = false;
    this.#voiced = 0;
    return changed;
  }

  #stillTalking(voice: boolean): boolean {
    this.#voiced = Math.min(this.#voiced, ONSET_FRAMES);
    this.#hangover = voice ? HANGOVER_FRAMES : this.#hangover - 1;
    return this.#hangover <= 0 && this.silence();
  }
}

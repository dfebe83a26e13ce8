import type { Sound } from '../../gateway/sound.js';
import { eventually } from './eventually.js';

/** A fifth of a second from where somebody speaks is like nothing else that is said. */
const WINDOW_SAMPLES = 1600;
/** Of a codec, which rounds; another sound is at 0.5 at most. */
const ALIKE = 0.98;

/** Waits until somebody hears a sound, decoded by a phone's own tables, so that no sample need be the same. */
export async function hearsAlike(who: string, ear: { heard(): Int16Array }, sound: Sound): Promise<void> {
  const loudest = loudestWindow(sound.samples);
  const wanted = sound.samples.subarray(loudest, loudest + WINDOW_SAMPLES);
  let searched = 0;
  const look = () => {
    const recording = ear.heard();
    if (recording.length < searched) searched = 0;
    const found = isIn(recording.subarray(searched), wanted);
    // To search all of it each time keeps a gateway in this process from its work.
    searched = Math.max(searched, recording.length - WINDOW_SAMPLES + 1);
    return found;
  };
  await eventually(`${who} to hear what is said`, look, Boolean, 40_000);
}

function isIn(recording: Int16Array, wanted: Int16Array): boolean {
  const power = correlation(wanted, wanted);
  for (let at = 0; at + WINDOW_SAMPLES <= recording.length; at++) {
    const heard = recording.subarray(at, at + WINDOW_SAMPLES);
    const likeness = correlation(heard, wanted) / Math.sqrt(power * correlation(heard, heard) || 1);
    if (likeness > ALIKE) return true;
  }
  return false;
}

function loudestWindow(samples: Int16Array): number {
  let best = 0;
  let most = -1;
  for (let at = 0; at + WINDOW_SAMPLES <= samples.length; at += WINDOW_SAMPLES) {
    const window = samples.subarray(at, at + WINDOW_SAMPLES);
    const power = correlation(window, window);
    if (power > most) [best, most] = [at, power];
  }
  return best;
}

function correlation(left: Int16Array, right: Int16Array): number {
  let sum = 0;
  for (let i = 0; i < left.length; i++) sum += (left[i] ?? 0) * (right[i] ?? 0);
  return sum;
}

import type { JSX } from 'preact';
import { useEffect, useRef } from 'preact/hooks';
import { usePhone } from './use-phone.js';

/** Loud enough to be a voice. */
const VOICE_LEVEL = 0.4;
const VOICE_FRAMES = 12;

/**
 * Shows how loud the microphone is on the element it fills, by the custom property `--level`; drawn without a render.
 * @param props.onVoice told whether somebody talks into the microphone
 */
export function LevelMeter({ onVoice }: { onVoice?: (voice: boolean) => void }): JSX.Element {
  const { phone } = usePhone();
  const element = useRef<HTMLSpanElement>(null);
  useEffect(() => {
    let frame = 0;
    let shown = 0;
    let loudFrames = 0;
    const draw = () => {
      const level = phone.soundLevel();
      shown = level > shown ? level : shown * 0.9 + level * 0.1;
      element.current?.style.setProperty('--level', shown.toFixed(3));
      loudFrames = level > VOICE_LEVEL ? Math.min(loudFrames + 1, VOICE_FRAMES * 2) : Math.max(loudFrames - 1, 0);
      onVoice?.(loudFrames >= VOICE_FRAMES);
      frame = requestAnimationFrame(draw);
    };
    frame = requestAnimationFrame(draw);
    return () => cancelAnimationFrame(frame);
  }, [phone, onVoice]);
  return <span ref={element} class="level" aria-hidden="true" />;
}

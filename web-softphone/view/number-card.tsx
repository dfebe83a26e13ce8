import { useSignal } from '@preact/signals';
import type { JSX } from 'preact';
import { Icon } from './icons.js';
import { TEXTS } from './texts.js';

const COPIED_SHOWN_MS = 2_000;

/** The room's number, large enough to be read out and dialled from a desk phone. */
export function NumberCard({ number }: { number: string }): JSX.Element {
  const copied = useSignal(false);
  function copy(): void {
    navigator.clipboard?.writeText(number).then(
      () => {
        copied.value = true;
        setTimeout(() => {
          copied.value = false;
        }, COPIED_SHOWN_MS);
      },
      () => undefined,
    );
  }
  const label = copied.value ? TEXTS.copied : TEXTS.copy;
  return (
    <section class="card number-card" aria-label={TEXTS.roomNumber}>
      <span class="number-label" aria-hidden="true">
        {TEXTS.roomNumber}
      </span>
      <span class="number digits" data-number={number}>
        {number}
      </span>
      <button type="button" class="button-quiet button-icon" aria-label={label} title={label} onClick={copy}>
        <Icon name={copied.value ? 'check' : 'copy'} />
      </button>
      <p class="hint">{TEXTS.dialHint}</p>
    </section>
  );
}

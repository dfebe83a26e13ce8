import { useSignal } from '@preact/signals';
import type { JSX } from 'preact';
import { useEffect, useRef } from 'preact/hooks';
import { TEXTS } from './texts.js';
import { usePhone } from './use-phone.js';

const KEYS = [
  ['1', ''],
  ['2', 'ABC'],
  ['3', 'DEF'],
  ['4', 'GHI'],
  ['5', 'JKL'],
  ['6', 'MNO'],
  ['7', 'PQRS'],
  ['8', 'TUV'],
  ['9', 'WXYZ'],
  ['*', ''],
  ['0', ''],
  ['#', ''],
] as const;

const SHOWN = 16;

/** A phone's twelve keys; the computer's own digit keys work as well while it is shown. */
export function Keypad(): JSX.Element {
  const { phone } = usePhone();
  const sent = useSignal('');
  const element = useRef<HTMLDivElement>(null);

  function press(digit: string): void {
    phone.sendDigit(digit);
    sent.value = (sent.value + digit).slice(-SHOWN);
  }

  useEffect(() => {
    const onKey = (event: KeyboardEvent) => {
      if (/^[0-9*#]$/.test(event.key) && !event.repeat && isInUse(element.current)) press(event.key);
    };
    document.addEventListener('keydown', onKey);
    return () => document.removeEventListener('keydown', onKey);
  }, []);

  return (
    <div ref={element} class="keypad">
      {sent.value === '' ? (
        <p class="hint">{TEXTS.keypadHint}</p>
      ) : (
        <output class="keypad-sent digits" aria-label={TEXTS.keypadSent}>
          {sent.value}
        </output>
      )}
      <div class="keypad-keys">
        {KEYS.map(([digit, letters]) => (
          <button key={digit} type="button" class="key" data-digit={digit} onClick={() => press(digit)}>
            <span class="key-digit">{digit}</span>
            <span class="key-letters" aria-hidden="true">
              {letters}
            </span>
          </button>
        ))}
      </div>
    </div>
  );
}

/** Neither hidden nor behind a dialog. */
function isInUse(element: HTMLElement | null): boolean {
  if (element === null || element.getClientRects().length === 0) return false;
  const dialog = document.querySelector('dialog[open]');
  return dialog === null || dialog.contains(element);
}

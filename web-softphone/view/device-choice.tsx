import type { JSX } from 'preact';
import { useId } from 'preact/hooks';
import { TEXTS } from './texts.js';
import { usePhone } from './use-phone.js';

/** Whether rooms are entered by this page or by the user's desk phone; it is remembered. */
export function DeviceChoice({ hint = false }: { hint?: boolean }): JSX.Element {
  const { state, phone } = usePhone();
  const hintId = useId();
  const byDeskPhone = state.value.device === 'desk-phone';
  return (
    <div class="device-choice">
      <label class="switch">
        <input
          type="checkbox"
          name="desk-phone"
          checked={byDeskPhone}
          aria-describedby={hint ? hintId : undefined}
          onChange={(event) => phone.choices.chooseDevice(event.currentTarget.checked ? 'desk-phone' : 'softphone')}
        />
        <span>{TEXTS.byDeskPhone}</span>
      </label>
      {hint && byDeskPhone && (
        <p class="hint" id={hintId}>
          {TEXTS.byDeskPhoneHint}
        </p>
      )}
    </div>
  );
}

import { useSignal } from '@preact/signals';
import type { JSX } from 'preact';
import { useRef } from 'preact/hooks';
import type { CallView } from '../phone/call-view.js';
import type { Problem } from '../phone/problem.js';
import { CopyButton } from './copy-button.js';
import { Dialog } from './dialog.js';
import { Icon } from './icons.js';
import { ProblemNotice } from './notice.js';
import { TextField } from './text-field.js';
import { TEXTS } from './texts.js';
import { usePhone } from './use-phone.js';

/** Whether guests may enter, and the PIN that lets them. */
export function GuestPin({ call }: { call: CallView }): JSX.Element | null {
  const { phone } = usePhone();
  const setting = useSignal(false);
  const { room, rights } = call;
  if (room === undefined || (!room.hasPin && !rights.setsPin)) return null;
  return (
    <div class="guest-pin">
      <Icon name="key" />
      {room.hasPin && <span class="guest-pin-words">{TEXTS.guestsPin}</span>}
      {rights.setsPin && (
        <span class="guest-pin-actions">
          <button
            type="button"
            class="button-link"
            data-action="set-pin"
            onClick={() => {
              setting.value = true;
            }}
          >
            {room.hasPin ? TEXTS.newPin : TEXTS.letGuestsIn}
          </button>
          {room.hasPin && (
            <button
              type="button"
              class="button-link button-link-warn"
              data-action="remove-pin"
              onClick={() => void phone.room.removePin()}
            >
              {TEXTS.removePin}
            </button>
          )}
        </span>
      )}
      {setting.value && (
        <PinDialog
          replaces={room.hasPin}
          onClose={() => {
            setting.value = false;
          }}
        />
      )}
    </div>
  );
}

function PinDialog({ replaces, onClose }: { replaces: boolean; onClose: () => void }): JSX.Element {
  const { phone } = usePhone();
  const input = useRef<HTMLInputElement>(null);
  const replacing = useSignal(replaces);
  const pin = useSignal<string | undefined>(undefined);
  const problem = useSignal<Problem | undefined>(undefined);

  async function submit(event: SubmitEvent): Promise<void> {
    event.preventDefault();
    const wished = input.current?.value.trim() ?? '';
    const answer = await phone.room.setPin(wished === '' ? undefined : wished);
    if (typeof answer === 'string') pin.value = answer;
    else problem.value = answer;
  }

  return (
    <Dialog title={TEXTS.pinTitle} onClose={onClose}>
      {pin.value === undefined ? (
        <form class="new-room" onSubmit={(event) => void submit(event)}>
          <p>
            {TEXTS.pinLead} {replacing.value && TEXTS.pinReplaces}
          </p>
          <TextField
            label={TEXTS.pinField}
            input={input}
            name="pin"
            inputMode="numeric"
            pattern="\d{4,12}"
            autocomplete="off"
          />
          {problem.value !== undefined && <ProblemNotice problem={problem.value} />}
          <button type="submit" class="button-primary" data-action="confirm-pin">
            {TEXTS.setPin}
          </button>
        </form>
      ) : (
        <div class="new-room">
          <div class="pin-shown">
            <output class="number digits" data-pin={pin.value} aria-label={TEXTS.pin}>
              {pin.value}
            </output>
            <CopyButton text={pin.value} label={TEXTS.copyPin} />
          </div>
          <p class="hint">{TEXTS.pinOnce}</p>
          <button type="button" class="button-primary" onClick={onClose}>
            {TEXTS.done}
          </button>
        </div>
      )}
    </Dialog>
  );
}

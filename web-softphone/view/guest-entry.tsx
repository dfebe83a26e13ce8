import type { JSX } from 'preact';
import { useEffect, useRef } from 'preact/hooks';
import { TextField } from './text-field.js';
import { TEXTS } from './texts.js';
import { usePhone } from './use-phone.js';

/** The way into the room of a link for whoever has no login. */
export function GuestEntry(): JSX.Element {
  const { state, phone } = usePhone();
  const name = useRef<HTMLInputElement>(null);
  const pin = useRef<HTMLInputElement>(null);
  const { call, guestName } = state.value;
  const busy = call !== undefined && call.state !== 'ended';
  const refused = call?.problem?.code === 'wrong-pin';

  useEffect(() => (guestName === undefined ? name.current : pin.current)?.focus(), []);
  useEffect(() => {
    if (refused) pin.current?.select();
  }, [refused]);

  function submit(event: SubmitEvent): void {
    event.preventDefault();
    phone.enterAsGuest(name.current?.value.trim() ?? '', pin.current?.value.trim() ?? '');
  }

  return (
    <form onSubmit={submit}>
      <TextField
        label={TEXTS.yourName}
        input={name}
        name="guest-name"
        autocomplete="name"
        maxLength={64}
        pattern=".*\S.*"
        defaultValue={guestName ?? ''}
        required
        disabled={busy}
      />
      <TextField
        label={TEXTS.pin}
        input={pin}
        name="pin"
        inputMode="numeric"
        pattern="\s*\d{4,12}\s*"
        autocomplete="off"
        required
        disabled={busy}
      />
      <button type="submit" class="button-primary" data-action="enter-as-guest" disabled={busy}>
        {busy ? TEXTS.entering : TEXTS.enterRoom}
      </button>
    </form>
  );
}

import { signal, useSignal } from '@preact/signals';
import type { JSX } from 'preact';
import type { Ring } from '../phone/rings.js';
import { Avatar } from './avatar.js';
import { Icon } from './icons.js';
import { roomTitle } from './room-title.js';
import { TEXTS } from './texts.js';
import { usePhone } from './use-phone.js';

/** How many dialogs are open: what is outside the last one cannot be clicked. */
const dialogs = signal(0);

/** Called by every dialog while it is open; returns what to call when it closes. */
export function onDialogOpen(): () => void {
  dialogs.value += 1;
  return () => {
    dialogs.value -= 1;
  };
}

/** The invitations that ring, above everything else: in the dialog while one is open. */
export function RingCards({ inDialog = false }: { inDialog?: boolean }): JSX.Element | null {
  const { state } = usePhone();
  const { rings } = state.value;
  if (rings.length === 0 || inDialog !== dialogs.value > 0) return null;
  return (
    <section class="rings" aria-live="assertive">
      {rings.map((ring) => (
        <RingCard key={ring.id} ring={ring} />
      ))}
    </section>
  );
}

function RingCard({ ring }: { ring: Ring }): JSX.Element {
  const { state, phone } = usePhone();
  const asking = useSignal(false);
  const { call } = state.value;
  const busy = call !== undefined && call.state !== 'ended';
  const accept = () => {
    if (busy && !asking.value) asking.value = true;
    else phone.accept(ring.id);
  };
  return (
    <article class="ring" data-ring={ring.number} aria-label={TEXTS.ringFrom(ring.from)}>
      <span class="ring-avatar">
        <Avatar name={ring.from} />
      </span>
      <div class="ring-words">
        <strong>{TEXTS.ringFrom(ring.from)}</strong>
        <span class="ring-room">
          {ring.room !== undefined && <span>{roomTitle(ring.room)}</span>}
          <span class="digits">{ring.number}</span>
        </span>
        {asking.value && busy && <span class="ring-asks">{TEXTS.acceptLeaves(call.title)}</span>}
      </div>
      <div class="ring-actions">
        {asking.value && busy ? (
          <button
            type="button"
            class="button-plain"
            data-action="stay"
            onClick={() => {
              asking.value = false;
            }}
          >
            {TEXTS.stay}
          </button>
        ) : (
          <button type="button" class="button-danger" data-action="decline" onClick={() => phone.decline(ring.id)}>
            {TEXTS.decline}
          </button>
        )}
        <button
          type="button"
          class="button-primary button-answer"
          data-action={asking.value && busy ? 'leave-and-accept' : 'accept'}
          onClick={accept}
        >
          <Icon name="answer" />
          {asking.value && busy ? TEXTS.leaveAndAccept : TEXTS.accept}
        </button>
      </div>
    </article>
  );
}

import type { JSX } from 'preact';
import type { CallView } from '../phone/call-view.js';
import { CopyButton } from './copy-button.js';
import { GuestPin } from './guest-pin.js';
import { Icon } from './icons.js';
import { TEXTS } from './texts.js';

/** The room's number, large enough to be read out and dialled from a desk phone, and how others come in. */
export function NumberCard({ call, number }: { call: CallView; number: string }): JSX.Element {
  const isGuest = call.way === 'guest';
  return (
    <section class="card number-card" aria-label={TEXTS.roomNumber}>
      <span class="number-label" aria-hidden="true">
        {TEXTS.roomNumber}
      </span>
      <span class="number digits" data-number={number}>
        {number}
      </span>
      <CopyButton text={number} label={TEXTS.copy} />
      {!isGuest && <p class="hint">{TEXTS.dialHint}</p>}
      <div class="number-actions">
        <CopyButton
          text={`${location.origin}/join/${number}`}
          label={TEXTS.copyLink}
          words={{ icon: 'link', copied: TEXTS.linkCopied }}
        />
        {!isGuest && <GuestPin call={call} />}
      </div>
      {call.room?.expiresAt !== undefined && (
        <p class="hint room-end" data-ends={call.room.expiresAt}>
          <Icon name="clock" />
          <span>{TEXTS.endsAt(whenOf(new Date(call.room.expiresAt)))}</span>
        </p>
      )}
    </section>
  );
}

/** The time, with its day unless that is today. */
function whenOf(time: Date): string {
  const isToday = time.toDateString() === new Date().toDateString();
  const day = isToday ? {} : ({ weekday: 'short', day: 'numeric', month: 'short' } as const);
  return new Intl.DateTimeFormat(undefined, { ...day, hour: '2-digit', minute: '2-digit' }).format(time);
}

import { useSignal } from '@preact/signals';
import type { JSX } from 'preact';
import { useEffect } from 'preact/hooks';
import type { CallView } from '../phone/call-view.js';
import { isHere, isPending, latestOfEach, mayCallAgain, mayCancel } from '../phone/invitations.js';
import { inviteeName, type Person } from '../phone/people.js';
import { InvitationRow } from './invitation-row.js';
import { TEXTS } from './texts.js';
import { usePhone } from './use-phone.js';

/** More than so many are shown when asked for. */
const SHOWN = 5;

/** Who was invited, and what has become of each. */
export function InvitationList({ call }: { call: CallView }): JSX.Element | null {
  const { state, phone } = usePhone();
  const all = useSignal(false);
  const people = useSignal<readonly Person[]>([]);
  const known = latestOfEach(call.invitations);
  const some = known.length > 0;
  useEffect(() => {
    if (some) {
      void phone.people().then((found) => {
        people.value = found;
      });
    }
  }, [phone, people, some]);
  if (!some) return null;
  const self = { user: state.value.me?.name, ...call.rights };
  const pending = known.filter((invitation) => isPending(invitation) && mayCancel(invitation, self));
  const shown = all.value ? known : known.slice(0, Math.max(SHOWN, pending.length));
  const everybody = [...people.value, ...call.participants];
  return (
    <section class="invitations" aria-label={TEXTS.invited}>
      <h2 class="roster-head">
        {TEXTS.invited}
        {pending.length > 1 && (
          <button
            type="button"
            class="button-link"
            title={TEXTS.cancelAllHint}
            data-action="cancel-all"
            onClick={() => void phone.room.cancelInvitations()}
          >
            {TEXTS.cancelAll}
          </button>
        )}
      </h2>
      <ul class="invitees">
        {shown.map((invitation) => {
          const { id, to } = invitation;
          const here = isHere(invitation, call.participants);
          const again = !here && mayCallAgain(invitation, self);
          return (
            <InvitationRow
              key={to}
              invitation={invitation}
              name={inviteeName(to, everybody)}
              here={here}
              onCancel={mayCancel(invitation, self) ? () => void phone.room.cancelInvitation(id) : undefined}
              onCallAgain={again ? () => void phone.room.callAgain(to) : undefined}
            />
          );
        })}
      </ul>
      {known.length > shown.length && (
        <button
          type="button"
          class="button-link"
          onClick={() => {
            all.value = true;
          }}
        >
          {TEXTS.showAll(known.length)}
        </button>
      )}
    </section>
  );
}

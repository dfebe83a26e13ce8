import { useSignal } from '@preact/signals';
import type { JSX } from 'preact';
import { useEffect } from 'preact/hooks';
import { type Invitation, isPending, latestOfEach, mayCancel } from '../phone/invitations.js';
import type { Person } from '../phone/people.js';
import type { CallView } from '../phone/phone-state.js';
import { Avatar } from './avatar.js';
import { Icon } from './icons.js';
import { INVITATION_STATES, TEXTS } from './texts.js';
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
  const self = { user: state.value.me?.name, moderates: call.rights.moderates };
  const pending = known.filter((invitation) => isPending(invitation) && mayCancel(invitation, self));
  const shown = all.value ? known : known.slice(0, Math.max(SHOWN, pending.length));
  const nameOf = (to: string) =>
    people.value.find(({ user }) => user === to)?.displayName ??
    call.participants.find(({ user }) => user === to)?.name ??
    to;
  return (
    <section class="invitations" aria-label={TEXTS.invited}>
      <h2 class="roster-head">
        {TEXTS.invited}
        {pending.length > 1 && (
          <button
            type="button"
            class="button-link"
            data-action="cancel-all"
            onClick={() => void phone.room.cancelInvitations()}
          >
            {TEXTS.cancelAll}
          </button>
        )}
      </h2>
      <ul class="invitees">
        {shown.map((invitation) => (
          <InvitationRow
            key={invitation.to}
            invitation={invitation}
            name={nameOf(invitation.to)}
            here={call.participants.some(({ user }) => user === invitation.to)}
            onCancel={mayCancel(invitation, self) ? () => void phone.room.cancelInvitation(invitation.id) : undefined}
          />
        ))}
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

function InvitationRow(props: {
  invitation: Invitation;
  name: string;
  /** In the room by now, however they came. */
  here: boolean;
  onCancel: (() => void) | undefined;
}): JSX.Element {
  const { invitation, name, here } = props;
  const pending = isPending(invitation);
  const label = pending ? TEXTS.cancelInvitation(name) : TEXTS.takeBack(name);
  return (
    <li
      class="invitee"
      data-invitee={invitation.to}
      data-state={invitation.state}
      data-pending={pending}
      data-here={here}
    >
      <Avatar name={name} small />
      <span class="invitee-name">{name}</span>
      <span class="invitee-state" role="status">
        {here ? TEXTS.here : INVITATION_STATES[invitation.state]}
      </span>
      {props.onCancel !== undefined && (
        <button
          type="button"
          class="button-quiet button-icon button-warn"
          aria-label={label}
          title={label}
          data-action="cancel-invitation"
          onClick={props.onCancel}
        >
          <Icon name="remove" />
        </button>
      )}
    </li>
  );
}

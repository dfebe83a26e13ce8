import type { JSX } from 'preact';
import { type Invitation, isPending } from '../phone/invitations.js';
import { Avatar } from './avatar.js';
import { IconButton } from './icon-button.js';
import { INVITATION_STATES, invitationFacts } from './invitation-texts.js';
import { TEXTS } from './texts.js';

export interface InvitationRowProps {
  readonly invitation: Invitation;
  readonly name: string;
  /** In the room by now, however they came. */
  readonly here: boolean;
  readonly onCancel: (() => void) | undefined;
  readonly onCallAgain: (() => void) | undefined;
}

/** Somebody who was invited, and what has become of it. */
export function InvitationRow(props: InvitationRowProps): JSX.Element {
  const { invitation, name, here, onCancel, onCallAgain } = props;
  const pending = isPending(invitation);
  const facts = here ? [] : invitationFacts(invitation);
  return (
    <li
      class="invitee"
      data-invitee={invitation.to}
      data-state={invitation.state}
      data-pending={pending}
      data-here={here}
    >
      <Avatar name={name} small />
      <span class="invitee-words">
        <span class="invitee-name">{name}</span>
        {facts.length > 0 && <span class="invitee-facts">{facts.join(' · ')}</span>}
      </span>
      <span class="invitee-state" role="status">
        {here ? TEXTS.here : INVITATION_STATES[invitation.state]}
      </span>
      <span class="invitee-actions">
        {onCallAgain !== undefined && (
          <IconButton icon="again" label={TEXTS.callAgain(name)} data-action="call-again" onClick={onCallAgain} />
        )}
        {onCancel !== undefined && (
          <IconButton
            icon="remove"
            label={pending ? TEXTS.cancelInvitation(name) : TEXTS.takeBack(name)}
            more="button-warn"
            data-action="cancel-invitation"
            onClick={onCancel}
          />
        )}
      </span>
    </li>
  );
}

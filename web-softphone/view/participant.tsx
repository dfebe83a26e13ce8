import type { JSX } from 'preact';
import type { GivenRole, Participant } from '../phone/room-view.js';
import { Avatar } from './avatar.js';
import { IconButton } from './icon-button.js';
import { Icon } from './icons.js';
import { DEVICE_NAMES, ROLE_NAMES, TEXTS } from './texts.js';

export interface ParticipantRowProps {
  readonly participant: Participant;
  readonly self: boolean;
  readonly digit: string | undefined;
  /** Whether the user may mute and remove this participant, and give them another role. */
  readonly moderated: boolean;
  readonly onMute: (muted: boolean) => void;
  readonly onRole: (role: GivenRole) => void;
  readonly onLowerHand: () => void;
  readonly onRemove: () => void;
}

export function ParticipantRow(props: ParticipantRowProps): JSX.Element {
  const { participant, self } = props;
  const talking = participant.talking && !participant.muted;
  const givesRole = props.moderated && !self && participant.role !== 'owner';
  return (
    <li
      class="participant"
      data-participant={participant.id}
      data-user={participant.user}
      data-talking={talking}
      data-muted={participant.muted}
      data-role={participant.role}
      data-device={participant.device}
      data-hand={participant.handRaised === true}
    >
      <span class="participant-avatar">
        <Avatar name={participant.name} />
        {participant.muted && (
          <span class="participant-muted">
            <Icon name="microphone-off" />
          </span>
        )}
      </span>
      <span class="participant-words">
        <span class="participant-name">
          {participant.name}
          {self && <span class="participant-you"> ({TEXTS.you})</span>}
        </span>
        <span class="participant-facts">
          <Icon name={participant.device} />
          <span class="fact-device">{DEVICE_NAMES[participant.device]}</span>
          {isGuest(participant) && <span>{TEXTS.guest}</span>}
          {givesRole ? (
            <RoleChoice participant={participant} onRole={props.onRole} />
          ) : (
            participant.role !== 'speaker' && <span class="fact-role">{ROLE_NAMES[participant.role]}</span>
          )}
          {participant.muted && participant.role !== 'listener' && <span>{TEXTS.muted}</span>}
          {participant.held === true && <span class="fact-held">{TEXTS.onHold}</span>}
          {talking && <span class="fact-talking">{TEXTS.talking}</span>}
        </span>
      </span>
      {participant.handRaised === true && <RaisedHand {...props} />}
      {props.digit !== undefined && (
        <span class="participant-digit" data-digit={props.digit}>
          <span class="visually-hidden">{TEXTS.pressed(props.digit)}</span>
          <span aria-hidden="true">{props.digit}</span>
        </span>
      )}
      {props.moderated && !self && <ModeratorActions {...props} />}
    </li>
  );
}

/** A telephone that is nobody's is no guest: it was called. */
function isGuest({ user, device }: Participant): boolean {
  return user === undefined && device !== 'outside-line';
}

/** Who moderates may lower it. */
function RaisedHand({ participant, self, moderated, onLowerHand }: ParticipantRowProps): JSX.Element {
  const label = TEXTS.lowerHandOf(participant.name);
  if (!moderated || self) {
    return (
      <span class="participant-hand" title={TEXTS.handRaised}>
        <Icon name="hand" />
        <span class="visually-hidden">{TEXTS.handRaised}</span>
      </span>
    );
  }
  return (
    <button
      type="button"
      class="participant-hand"
      aria-label={label}
      title={label}
      data-action="lower-hand"
      onClick={onLowerHand}
    >
      <Icon name="hand" />
    </button>
  );
}

const GIVEN_ROLES: readonly GivenRole[] = ['moderator', 'speaker', 'listener'];

function RoleChoice(props: { participant: Participant; onRole: (role: GivenRole) => void }): JSX.Element {
  const { name, role } = props.participant;
  return (
    <span>
      <select
        class="role-choice"
        aria-label={TEXTS.roleOf(name)}
        title={TEXTS.roleOf(name)}
        value={role}
        onChange={(event) => props.onRole(event.currentTarget.value as GivenRole)}
      >
        {GIVEN_ROLES.map((given) => (
          <option key={given} value={given}>
            {ROLE_NAMES[given]}
          </option>
        ))}
      </select>
    </span>
  );
}

function ModeratorActions({ participant, onMute, onRemove }: ParticipantRowProps): JSX.Element {
  const { muted, name, role } = participant;
  return (
    <span class="participant-actions">
      {role !== 'listener' && (
        <IconButton
          icon={muted ? 'microphone-off' : 'microphone'}
          label={muted ? TEXTS.unmuteOther(name) : TEXTS.muteOther(name)}
          data-action="mute"
          onClick={() => onMute(!muted)}
        />
      )}
      <IconButton
        icon="remove"
        label={TEXTS.removeOther(name)}
        more="button-warn"
        data-action="remove"
        onClick={onRemove}
      />
    </span>
  );
}

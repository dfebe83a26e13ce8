import { useSignal } from '@preact/signals';
import type { JSX } from 'preact';
import type { CallView } from '../phone/call-view.js';
import { Icon, type IconName } from './icons.js';
import { InviteDialog } from './invite-dialog.js';
import { TEXTS } from './texts.js';
import { usePhone } from './use-phone.js';

/** What may be done with the room as a whole: by those who moderate, and by those who invite. */
export function RoomTools({ call }: { call: CallView }): JSX.Element | null {
  const { phone } = usePhone();
  const inviting = useSignal(false);
  const { room, rights } = call;
  const locked = room?.locked === true;
  const announces = room?.announceJoins === true;
  if (!rights.moderates && !rights.invites) return null;
  return (
    <div class="room-tools">
      {rights.moderates && (
        <>
          <Tool
            name="mute-all"
            icon="microphone-off"
            text={TEXTS.muteAll}
            title={TEXTS.muteAllHint}
            onClick={() => void phone.room.muteAll()}
          />
          <Tool
            name={locked ? 'unlock' : 'lock'}
            icon={locked ? 'unlock' : 'lock'}
            text={locked ? TEXTS.unlock : TEXTS.lock}
            title={locked ? TEXTS.lockedHint : TEXTS.lockHint}
            onClick={() => void phone.room.setLocked(!locked)}
          />
          <Tool
            name={announces ? 'announce-off' : 'announce'}
            icon={announces ? 'sound-off' : 'sound'}
            text={announces ? TEXTS.announceOff : TEXTS.announce}
            title={announces ? TEXTS.announceOffHint : TEXTS.announceHint}
            onClick={() => void phone.room.setAnnounceJoins(!announces)}
          />
        </>
      )}
      {rights.invites && (
        <Tool
          name="invite-more"
          icon="invite"
          text={TEXTS.inviteMore}
          onClick={() => {
            inviting.value = true;
          }}
        />
      )}
      {inviting.value && (
        <InviteDialog
          call={call}
          onClose={() => {
            inviting.value = false;
          }}
        />
      )}
    </div>
  );
}

function Tool(props: { name: string; icon: IconName; text: string; title?: string; onClick: () => void }): JSX.Element {
  return (
    <button
      type="button"
      class="button-plain button-small"
      title={props.title}
      data-action={props.name}
      onClick={props.onClick}
    >
      <Icon name={props.icon} />
      {props.text}
    </button>
  );
}

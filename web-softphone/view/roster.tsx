import { useSignal } from '@preact/signals';
import type { JSX } from 'preact';
import { useEffect, useRef } from 'preact/hooks';
import type { CallView } from '../phone/call-view.js';
import type { Participant } from '../phone/room-view.js';
import { Dialog } from './dialog.js';
import { ParticipantRow } from './participant.js';
import { RoomTools } from './room-tools.js';
import { TEXTS } from './texts.js';
import { usePhone } from './use-phone.js';

/** Who is here, and who is talking. */
export function Roster({ call }: { call: CallView }): JSX.Element {
  const { phone } = usePhone();
  const removing = useSignal<Participant | undefined>(undefined);
  const { participants, selfId, live, rights } = call;
  const self = participants.find((participant) => participant.id === selfId);
  const others = participants.length - (self === undefined ? 0 : 1);
  return (
    <section class="roster" aria-label={TEXTS.inRoom(participants.length)}>
      <div class="roster-head">
        <h2>{TEXTS.inRoom(participants.length)}</h2>
        {!live && <span class="roster-stale">{TEXTS.rosterStale}</span>}
        <RoomTools call={call} />
      </div>
      <ul class="participants">
        {handsFirst(participants).map((participant) => (
          <ParticipantRow
            key={participant.id}
            participant={participant}
            self={participant.id === selfId}
            digit={call.digits[participant.id]}
            moderated={rights.moderates}
            onMute={(muted) => void phone.room.setMuted(participant.id, muted)}
            onRole={(role) => void phone.room.setRole(participant.id, role)}
            onLowerHand={() => void phone.room.lowerHand(participant.id)}
            onRemove={() => {
              removing.value = participant;
            }}
          />
        ))}
      </ul>
      {live && others === 0 && <p class="alone">{TEXTS.alone}</p>}
      <Announcer participants={participants} />
      {removing.value !== undefined && (
        <RemoveDialog
          participant={removing.value}
          onClose={() => {
            removing.value = undefined;
          }}
        />
      )}
    </section>
  );
}

/** Who asks for the floor is seen, however many are here. */
function handsFirst(participants: readonly Participant[]): readonly Participant[] {
  return [...participants].sort((a, b) => Number(b.handRaised === true) - Number(a.handRaised === true));
}

function RemoveDialog(props: { participant: Participant; onClose: () => void }): JSX.Element {
  const { phone } = usePhone();
  const { id, name } = props.participant;
  return (
    <Dialog title={TEXTS.removeTitle(name)} onClose={props.onClose}>
      <p>{TEXTS.removeBody}</p>
      <div class="dialog-actions">
        <button type="button" class="button-plain" onClick={props.onClose}>
          {TEXTS.cancel}
        </button>
        <button
          type="button"
          class="button-danger"
          data-action="confirm-remove"
          onClick={() => {
            void phone.room.remove(id);
            props.onClose();
          }}
        >
          {TEXTS.remove}
        </button>
      </div>
    </Dialog>
  );
}

/** Tells assistive technology who comes, goes and asks for the floor; talking changes too often to be read out. */
function Announcer({ participants }: { participants: readonly Participant[] }): JSX.Element {
  const before = useRef<readonly Participant[]>(participants);
  const words = useSignal('');
  useEffect(() => {
    const came = participants.filter(({ id }) => !before.current.some((known) => known.id === id));
    const went = before.current.filter(({ id }) => !participants.some((known) => known.id === id));
    const lowered = before.current.filter(({ handRaised }) => handRaised !== true);
    const raised = participants.filter(
      ({ id, handRaised }) => handRaised === true && lowered.some((known) => known.id === id),
    );
    const news = [
      ...came.map(({ name }) => TEXTS.joined(name)),
      ...went.map(({ name }) => TEXTS.left(name)),
      ...raised.map(({ name }) => TEXTS.raisedHand(name)),
    ];
    if (news.length > 0) words.value = news.join('. ');
    before.current = participants;
  }, [participants, words]);
  return (
    <p class="visually-hidden" aria-live="polite">
      {words.value}
    </p>
  );
}

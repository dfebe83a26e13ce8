import { useSignal } from '@preact/signals';
import type { JSX } from 'preact';
import type { CallView } from '../phone/call-view.js';
import type { Problem } from '../phone/problem.js';
import { Dialog } from './dialog.js';
import { ProblemNotice } from './notice.js';
import { PeoplePicker, useInvitees } from './people-picker.js';
import { TEXTS } from './texts.js';
import { usePhone } from './use-phone.js';

/** More people for the room the user is in. */
export function InviteDialog({ call, onClose }: { call: CallView; onClose: () => void }): JSX.Element {
  const { state, phone } = usePhone();
  const { invitees, picker, takeUp } = useInvitees();
  const busy = useSignal(false);
  const problem = useSignal<Problem | undefined>(undefined);
  const { room } = call;
  const group = room?.kind === 'group' ? { name: groupOf(call, state.value.me?.groups), title: room.title } : undefined;

  async function submit(event: SubmitEvent): Promise<void> {
    event.preventDefault();
    if (busy.value || invitees.length === 0) return;
    busy.value = true;
    takeUp();
    problem.value = await phone.room.invite(invitees);
    busy.value = false;
    if (problem.value === undefined) onClose();
  }

  return (
    <Dialog title={TEXTS.inviteMoreTitle} onClose={onClose}>
      <form class="new-room" onSubmit={(event) => void submit(event)}>
        <PeoplePicker
          label={TEXTS.whom}
          {...picker}
          group={group}
          without={call.participants.flatMap(({ user }) => (user === undefined ? [] : [user]))}
          focused
        />
        {problem.value !== undefined && <ProblemNotice problem={problem.value} />}
        <button type="submit" class="button-primary" data-action="ring" disabled={busy.value || invitees.length === 0}>
          {TEXTS.ring}
        </button>
      </form>
    </Dialog>
  );
}

function groupOf(
  { room }: CallView,
  groups: readonly { name: string; title: string; number?: string }[] | undefined,
): string {
  const own = groups?.find(({ number, title }) =>
    number === undefined ? title === room?.title : number === room?.number,
  );
  return own?.name ?? '';
}

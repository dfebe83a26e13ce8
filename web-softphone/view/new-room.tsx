import { useSignal } from '@preact/signals';
import type { JSX } from 'preact';
import { useEffect } from 'preact/hooks';
import type { Group, Invitees, VoiceRequest } from '../phone/api.js';
import type { Problem } from '../phone/problem.js';
import { DeviceChoice } from './device-choice.js';
import { Dialog } from './dialog.js';
import { Icon, type IconName } from './icons.js';
import { ProblemNotice } from './notice.js';
import { PeoplePicker, useInvitees } from './people-picker.js';
import { TextField } from './text-field.js';
import { callStateWords, TEXTS } from './texts.js';
import { usePhone } from './use-phone.js';

/** Whose room is wanted. */
export interface Place {
  readonly kind: 'group' | 'team' | 'own';
  readonly group?: string;
  /** It was opened to invite somebody. */
  readonly invites?: boolean;
}

const PLACES: readonly { kind: Place['kind']; icon: IconName; name: string }[] = [
  { kind: 'group', icon: 'group', name: TEXTS.placeGroup },
  { kind: 'team', icon: 'team', name: TEXTS.placeTeam },
  { kind: 'own', icon: 'own', name: TEXTS.placeOwn },
];

/** All six voice requests: a room of a group, of a team or of one's own, with or without people to ring. */
export function NewRoomDialog({ place, onClose }: { place: Place; onClose: () => void }): JSX.Element {
  const { state, phone } = usePhone();
  const groups = state.value.me?.groups ?? [];
  const kind = useSignal(place.kind === 'group' && groups.length === 0 ? 'team' : place.kind);
  const groupName = useSignal(place.group ?? state.value.lastGroup ?? '');
  const team = useSignal('');
  const { invitees, picker, takeUp } = useInvitees();
  const busy = useSignal(false);
  const problem = useSignal<Problem | undefined>(undefined);
  const group = kind.value === 'group' ? (groups.find(({ name }) => name === groupName.value) ?? groups[0]) : undefined;

  // An invitation that was accepted meanwhile leads elsewhere.
  const elsewhere = !busy.value && state.value.call !== undefined;
  useEffect(() => {
    if (elsewhere) onClose();
  }, [elsewhere]);

  async function submit(event: SubmitEvent): Promise<void> {
    event.preventDefault();
    if (busy.value) return;
    busy.value = true;
    takeUp();
    problem.value = undefined;
    const { request, title } = requestOf(kind.value, { group, team: team.value, invitees });
    problem.value = await phone.request(request, title);
    // It is told here, where it can be mended.
    if (problem.value !== undefined) phone.dismiss();
    else onClose();
    busy.value = false;
  }

  return (
    <Dialog title={TEXTS.newRoomTitle} onClose={onClose}>
      <form class="new-room" onSubmit={(event) => void submit(event)}>
        <fieldset class="places">
          <legend class="visually-hidden">{TEXTS.where}</legend>
          {PLACES.filter((one) => one.kind !== 'group' || groups.length > 0).map((one) => (
            <label key={one.kind} class="place" data-place={one.kind}>
              <input
                type="radio"
                name="place"
                checked={kind.value === one.kind}
                onChange={() => {
                  kind.value = one.kind;
                  if (picker.value === 'all') picker.onChange([]);
                }}
              />
              <Icon name={one.icon} />
              <span>{one.name}</span>
            </label>
          ))}
        </fieldset>
        {group !== undefined && groups.length > 1 && (
          <GroupChoice
            groups={groups}
            chosen={group.name}
            onChoose={(name) => {
              groupName.value = name;
            }}
          />
        )}
        {kind.value === 'team' && (
          <TextField
            label={TEXTS.team}
            hint={TEXTS.teamHint}
            name="team"
            maxLength={128}
            autocomplete="off"
            spellcheck={false}
            value={team.value}
            onInput={(event) => {
              team.value = event.currentTarget.value;
            }}
          />
        )}
        {kind.value === 'own' && <p class="hint">{TEXTS.ownHint}</p>}
        <PeoplePicker label={TEXTS.invitePeople} {...picker} group={group} focused={place.invites === true} />
        <DeviceChoice />
        {problem.value !== undefined && <ProblemNotice problem={problem.value} />}
        <button type="submit" class="button-primary" data-action="enter-new" disabled={busy.value}>
          {busy.value ? TEXTS.entering : enterLabel(invitees)}
        </button>
        {busy.value && state.value.call?.state === 'requesting' && (
          <p class="hint">{callStateWords('requesting', state.value.device)}</p>
        )}
      </form>
    </Dialog>
  );
}

function GroupChoice(props: {
  groups: readonly Group[];
  chosen: string;
  onChoose: (name: string) => void;
}): JSX.Element {
  return (
    <label class="field">
      <span>{TEXTS.group}</span>
      <select name="group" value={props.chosen} onChange={(event) => props.onChoose(event.currentTarget.value)}>
        {props.groups.map(({ name, title }) => (
          <option key={name} value={name}>
            {title}
          </option>
        ))}
      </select>
    </label>
  );
}

function enterLabel(invitees: Invitees): string {
  return invitees === 'all' ? TEXTS.enterAndInviteAll : TEXTS.enterAndInvite(invitees.length);
}

function requestOf(
  kind: Place['kind'],
  { group, team, invitees }: { group: Group | undefined; team: string; invitees: Invitees },
): { request: VoiceRequest; title: string } {
  const people = invitees === 'all' ? [] : invitees;
  if (kind === 'group' && group !== undefined) {
    const asked = { group: group.name };
    const request: VoiceRequest =
      invitees.length === 0
        ? { kind: 'voice-communication', ...asked }
        : { kind: 'voice-communication-invitation', ...asked, invite: invitees };
    return { request, title: group.title };
  }
  if (kind === 'own') {
    const request: VoiceRequest =
      people.length === 0
        ? { kind: 'exclusive-voice-communication' }
        : { kind: 'exclusive-voice-communication-invitation', invite: people };
    return { request, title: TEXTS.ownRoom };
  }
  const asked = team.trim() === '' ? {} : { team: team.trim() };
  const request: VoiceRequest =
    people.length === 0
      ? { kind: 'temporary-voice-communication', ...asked }
      : { kind: 'temporary-voice-communication-invitation', ...asked, invite: people };
  return { request, title: team.trim() === '' ? TEXTS.teamRoom : team.trim() };
}

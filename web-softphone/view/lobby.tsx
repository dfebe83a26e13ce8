import type { JSX } from 'preact';
import type { Group } from '../phone/api.js';
import { Avatar } from './avatar.js';
import { Icon } from './icons.js';
import { ProblemNotice } from './notice.js';
import { TEXTS } from './texts.js';
import { usePhone } from './use-phone.js';

/** The user's rooms; a click on one walks in. */
export function Lobby(): JSX.Element {
  const { state, phone } = usePhone();
  const { me, lastGroup, problem } = state.value;
  const groups = [...(me?.groups ?? [])].sort((a, b) => rank(b, lastGroup) - rank(a, lastGroup));
  return (
    <main class="lobby" id="content">
      <div class="lobby-head">
        <h1>{TEXTS.roomsTitle}</h1>
        <p>{groups.length === 0 && me !== undefined ? TEXTS.noGroups : TEXTS.roomsLead}</p>
      </div>
      {problem !== undefined && <ProblemNotice problem={problem} onDismiss={() => phone.clearProblem()} />}
      <ul class="rooms">
        {groups.map((group) => (
          <li key={group.name}>
            <RoomCard group={group} last={group.name === lastGroup} onEnter={() => phone.enter(group)} />
          </li>
        ))}
      </ul>
    </main>
  );
}

function rank(group: Group, lastGroup: string | undefined): number {
  return group.name === lastGroup ? 1 : 0;
}

function RoomCard(props: { group: Group; last: boolean; onEnter: () => void }): JSX.Element {
  const { group } = props;
  return (
    <button type="button" class="room-card" data-group={group.name} onClick={props.onEnter}>
      <Avatar name={group.title} />
      <span class="room-card-words">
        <span class="room-card-title">{group.title}</span>
        <span class="room-card-number">
          {group.number === undefined ? (
            TEXTS.numberPending
          ) : (
            <>
              <span class="visually-hidden">{TEXTS.roomNumber} </span>
              <span class="digits">{group.number}</span>
            </>
          )}
        </span>
        {(props.last || group.role === 'moderator') && (
          <span class="badges">
            {props.last && <span class="badge badge-accent">{TEXTS.lastUsed}</span>}
            {group.role === 'moderator' && <span class="badge">{TEXTS.youModerate}</span>}
          </span>
        )}
      </span>
      <span class="room-card-enter">
        {TEXTS.enter}
        <Icon name="enter" />
      </span>
    </button>
  );
}

import type { ComponentChildren, JSX } from 'preact';
import type { Group } from '../phone/api.js';
import type { RecentRoom } from '../phone/recent-rooms.js';
import { Avatar } from './avatar.js';
import { DeviceChoice } from './device-choice.js';
import { IconButton } from './icon-button.js';
import { Icon, type IconName } from './icons.js';
import type { Place } from './new-room.js';
import { ProblemNotice } from './notice.js';
import { roomTitle } from './room-title.js';
import { TEXTS } from './texts.js';
import { usePhone } from './use-phone.js';

/** The user's rooms; a click on one walks in. */
export function Lobby({ onNew }: { onNew: (place: Place) => void }): JSX.Element {
  const { state, phone } = usePhone();
  const { me, lastGroup, recentRooms, problem } = state.value;
  const groups = [...(me?.groups ?? [])].sort((a, b) => rank(b, lastGroup) - rank(a, lastGroup));
  return (
    <main class="lobby" id="content">
      <div class="lobby-head">
        <div class="lobby-words">
          <h1>{TEXTS.roomsTitle}</h1>
          <p>{groups.length === 0 && me !== undefined ? TEXTS.noGroups : TEXTS.roomsLead}</p>
        </div>
        <button
          type="button"
          class="button-primary lobby-new"
          data-action="new"
          onClick={() => onNew({ kind: 'team' })}
        >
          <Icon name="plus" />
          {TEXTS.newRoom}
        </button>
      </div>
      {problem !== undefined && <ProblemNotice problem={problem} onDismiss={() => phone.clearProblem()} />}
      <DeviceChoice hint />
      <ul class="rooms">
        {groups.map((group) => (
          <GroupCard
            key={group.name}
            group={group}
            last={group.name === lastGroup}
            onInvite={() => onNew({ kind: 'group', group: group.name, invites: true })}
          />
        ))}
        <OwnCard onInvite={() => onNew({ kind: 'own', invites: true })} />
      </ul>
      {recentRooms.length > 0 && (
        <section class="recent" aria-labelledby="recent-title">
          <h2 id="recent-title">{TEXTS.recentTitle}</h2>
          <ul class="rooms">
            {recentRooms.map((room) => (
              <RecentCard key={room.number} room={room} />
            ))}
          </ul>
        </section>
      )}
    </main>
  );
}

function rank(group: Group, lastGroup: string | undefined): number {
  return group.name === lastGroup ? 1 : 0;
}

function GroupCard(props: { group: Group; last: boolean; onInvite: () => void }): JSX.Element {
  const { phone } = usePhone();
  const { group } = props;
  return (
    <RoomCard
      attributes={{ 'data-group': group.name }}
      picture={<Avatar name={group.title} />}
      title={group.title}
      facts={group.number === undefined ? TEXTS.numberPending : <RoomNumber number={group.number} />}
      onEnter={() => phone.enter(group)}
      onInvite={props.onInvite}
    >
      {props.last && <span class="badge badge-accent">{TEXTS.lastUsed}</span>}
      {group.role === 'moderator' && <span class="badge">{TEXTS.youModerate}</span>}
    </RoomCard>
  );
}

function OwnCard({ onInvite }: { onInvite: () => void }): JSX.Element {
  const { phone } = usePhone();
  return (
    <RoomCard
      attributes={{ 'data-room': 'own' }}
      picture={<Picture icon="own" />}
      title={TEXTS.ownRoom}
      facts={TEXTS.ownRoomFacts}
      onEnter={() => void phone.request({ kind: 'exclusive-voice-communication' }, TEXTS.ownRoom)}
      onInvite={onInvite}
    />
  );
}

function RecentCard({ room }: { room: RecentRoom }): JSX.Element {
  const { phone } = usePhone();
  return (
    <RoomCard
      attributes={{ 'data-room': room.number }}
      picture={room.kind === 'temporary' ? <Picture icon="team" /> : <Avatar name={room.title} />}
      title={roomTitle(room)}
      facts={<RoomNumber number={room.number} />}
      onEnter={() => phone.enterRecent(room)}
    />
  );
}

function Picture({ icon }: { icon: IconName }): JSX.Element {
  return (
    <span class="avatar avatar-icon" aria-hidden="true">
      <Icon name={icon} />
    </span>
  );
}

function RoomNumber({ number }: { number: string }): JSX.Element {
  return (
    <>
      <span class="visually-hidden">{TEXTS.roomNumber} </span>
      <span class="digits">{number}</span>
    </>
  );
}

function RoomCard(props: {
  attributes: Readonly<Record<`data-${string}`, string>>;
  picture: JSX.Element;
  title: string;
  facts: ComponentChildren;
  onEnter: () => void;
  onInvite?: () => void;
  /** Badges. */
  children?: ComponentChildren;
}): JSX.Element {
  const badges = Array.isArray(props.children) && props.children.some(Boolean);
  return (
    <li class="room-card">
      <button type="button" class="room-card-main" {...props.attributes} onClick={props.onEnter}>
        {props.picture}
        <span class="room-card-words">
          <span class="room-card-title">{props.title}</span>
          <span class="room-card-number">{props.facts}</span>
          {badges && <span class="badges">{props.children}</span>}
        </span>
        <span class="room-card-enter">
          <span class="room-card-verb">{TEXTS.enter}</span>
          <Icon name="enter" />
        </span>
      </button>
      {props.onInvite !== undefined && (
        <IconButton
          icon="invite"
          label={TEXTS.inviteTo(props.title)}
          more="room-card-invite"
          data-action="invite"
          onClick={props.onInvite}
        />
      )}
    </li>
  );
}

import { useSignal } from '@preact/signals';
import type { JSX } from 'preact';
import { useEffect } from 'preact/hooks';
import type { CallView } from '../phone/call-view.js';
import { Controls, isListener } from './controls.js';
import { Icon, type IconName } from './icons.js';
import { InvitationList } from './invitation-list.js';
import { Keypad } from './keypad.js';
import { ProblemNotice } from './notice.js';
import { NumberCard } from './number-card.js';
import { roomTitle } from './room-title.js';
import { Roster } from './roster.js';
import { callStateWords, TEXTS } from './texts.js';
import { usePhone } from './use-phone.js';

/** The room the user is in, comes into, or has just been put out of. */
export function Room({ call }: { call: CallView }): JSX.Element {
  const { state, phone } = usePhone();
  const inRoom = call.state === 'in-room' || call.state === 'reconnecting';
  const { room } = call;
  const own = isOwn(call, state.value.me?.displayName);
  return (
    <main class="room" id="content" data-call={call.state} data-kind={room?.kind}>
      <div class="room-head">
        <h1>{room === undefined ? call.title : roomTitle(room, own)}</h1>
        <CallStatus call={call} />
      </div>
      <div class="room-main">
        {call.problem !== undefined && <EndedNotice call={call} />}
        {state.value.problem !== undefined && (
          <ProblemNotice problem={state.value.problem} onDismiss={() => phone.clearProblem()} />
        )}
        {state.value.soundBlocked && <SoundBlocked />}
        {call.device === 'desk-phone' && call.state !== 'ended' && <DeskPhoneNotice call={call} />}
        {inRoom && isListener(call) && <Remark icon="listen" text={TEXTS.listenerNotice} />}
        {inRoom && call.mute.by === 'moderator' && !isListener(call) && (
          <Remark icon="microphone-off" text={TEXTS.mutedByModerator} />
        )}
        {inRoom && call.way === 'guest' && <p class="alone">{TEXTS.guestRoster}</p>}
        {inRoom && call.way !== 'guest' && <Roster call={call} />}
        {inRoom && <InvitationList call={call} />}
        {!inRoom && call.state !== 'ended' && <Waiting />}
      </div>
      <aside class="room-aside">
        {call.number !== undefined && call.problem?.code !== 'no-such-room' && (
          <NumberCard call={call} number={call.number} />
        )}
        {inRoom && call.device === 'softphone' && (
          <section class="card aside-keypad" aria-label={TEXTS.keypad}>
            <Keypad />
          </section>
        )}
      </aside>
      {call.state !== 'ended' && <Controls call={call} />}
    </main>
  );
}

/** Before the room says whose it is: a voice request for an exclusive room is always for one's own. */
function isOwn({ participants, selfId, way, room }: CallView, name: string | undefined): boolean {
  const self = participants.find(({ id }) => id === selfId);
  if (self !== undefined) return self.role === 'owner';
  return way === 'request' || (way === 'number' && room?.title === name);
}

function Remark({ icon, text }: { icon: IconName; text: string }): JSX.Element {
  return (
    <p class="notice notice-calm" role="status">
      <Icon name={icon} />
      <span class="notice-words">{text}</span>
    </p>
  );
}

/** The page has no call here: what to do on the desk phone, and the way in without it. */
function DeskPhoneNotice({ call }: { call: CallView }): JSX.Element {
  return (
    <div class="notice notice-calm" role="status">
      <Icon name="desk-phone" />
      <div class="notice-words">
        <p>{call.state === 'in-room' ? TEXTS.deskPhoneNotice : TEXTS.deskPhoneRings}</p>
        {call.room !== undefined && <EnterByBrowser />}
      </div>
    </div>
  );
}

function EnterByBrowser(): JSX.Element {
  const { phone } = usePhone();
  return (
    <button
      type="button"
      class="button-plain button-small"
      data-action="enter-by-browser"
      onClick={() => phone.enterByBrowser()}
    >
      <Icon name="softphone" />
      {TEXTS.enterByBrowser}
    </button>
  );
}

function Waiting(): JSX.Element {
  return (
    <div class="waiting" aria-hidden="true">
      <span />
      <span />
      <span />
      <span />
    </div>
  );
}

function CallStatus({ call }: { call: CallView }): JSX.Element {
  return (
    <p class="call-status" data-state={call.state}>
      <span class="call-dot" aria-hidden="true" />
      <span role="status">{callStateWords(call.state, call.device)}</span>
      {call.state === 'in-room' && call.since !== undefined && <Clock since={call.since} />}
      {call.room?.locked === true && call.state !== 'ended' && (
        <span class="badge badge-locked" title={TEXTS.lockedHint}>
          <Icon name="lock" />
          {TEXTS.locked}
        </span>
      )}
    </p>
  );
}

function Clock({ since }: { since: number }): JSX.Element {
  const now = useSignal(Date.now());
  useEffect(() => {
    const timer = setInterval(() => {
      now.value = Date.now();
    }, 1000);
    return () => clearInterval(timer);
  }, [now]);
  const seconds = Math.max(0, Math.floor((now.value - since) / 1000));
  const parts = [Math.floor(seconds / 3600), Math.floor(seconds / 60) % 60, seconds % 60];
  const text = (parts[0] === 0 ? parts.slice(1) : parts).map((part) => String(part).padStart(2, '0')).join(':');
  return <time class="digits">{text}</time>;
}

function EndedNotice({ call }: { call: CallView }): JSX.Element | null {
  const { phone } = usePhone();
  if (call.problem === undefined) return null;
  return (
    <ProblemNotice problem={call.problem}>
      <span class="notice-actions">
        <button type="button" class="button-primary" data-action="enter-again" onClick={() => phone.enterAgain()}>
          {TEXTS.enterAgain}
        </button>
        {call.device === 'desk-phone' && call.room !== undefined && <EnterByBrowser />}
        <button type="button" class="button-plain" data-action="back" onClick={() => phone.dismiss()}>
          {call.way === 'guest' ? TEXTS.back : TEXTS.backToRooms}
        </button>
      </span>
    </ProblemNotice>
  );
}

function SoundBlocked(): JSX.Element {
  const { phone } = usePhone();
  return (
    <div class="notice notice-calm" role="alert">
      <Icon name="sound" />
      <div class="notice-words">
        <p>{TEXTS.soundBlocked}</p>
        <button type="button" class="button-primary" data-action="enable-sound" onClick={() => phone.enableSound()}>
          {TEXTS.enableSound}
        </button>
      </div>
    </div>
  );
}

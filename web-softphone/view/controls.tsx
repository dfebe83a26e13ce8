import { useSignal } from '@preact/signals';
import type { JSX } from 'preact';
import { useCallback, useLayoutEffect } from 'preact/hooks';
import type { CallView } from '../phone/call-view.js';
import { Dialog } from './dialog.js';
import { Icon } from './icons.js';
import { Keypad } from './keypad.js';
import { LevelMeter } from './level-meter.js';
import { TEXTS } from './texts.js';
import { usePhone } from './use-phone.js';

/** Mute, hand, keypad and leave, always at hand. A listener has nothing to mute, a desk phone its own keys. */
export function Controls({ call }: { call: CallView }): JSX.Element {
  const { phone } = usePhone();
  const keypad = useSignal(false);
  const inRoom = call.state === 'in-room' || call.state === 'reconnecting';
  const self = call.participants.find(({ id }) => id === call.selfId);
  return (
    <>
      <div class="controls">
        {inRoom && (isListener(call) ? <Listening /> : <MuteButton muted={call.mute.muted} />)}
        {inRoom && self !== undefined && <HandButton raised={self.handRaised === true} />}
        {inRoom && call.device === 'softphone' && (
          <button
            type="button"
            class="control control-keypad"
            onClick={() => {
              keypad.value = true;
            }}
          >
            <Icon name="keypad" />
            <span>{TEXTS.keypad}</span>
          </button>
        )}
        <button type="button" class="control control-leave" data-action="leave" onClick={() => phone.leave()}>
          <Icon name="leave" />
          <span>{inRoom ? TEXTS.leave : TEXTS.cancel}</span>
        </button>
      </div>
      {inRoom && keypad.value && (
        <Dialog
          title={TEXTS.keypad}
          onClose={() => {
            keypad.value = false;
          }}
        >
          <Keypad />
        </Dialog>
      )}
    </>
  );
}

export function isListener({ participants, selfId }: CallView): boolean {
  return participants.some(({ id, role }) => id === selfId && role === 'listener');
}

/** Asks for the floor, on `h` as well. */
function HandButton({ raised }: { raised: boolean }): JSX.Element {
  const { phone } = usePhone();
  useKey('h', () => void phone.room.raiseHand(!raised));
  return (
    <button
      type="button"
      class="control control-hand"
      data-raised={raised}
      aria-keyshortcuts="h"
      data-action="raise-hand"
      onClick={() => void phone.room.raiseHand(!raised)}
    >
      <Icon name="hand" />
      <span>{raised ? TEXTS.lowerHand : TEXTS.raiseHand}</span>
    </button>
  );
}

/** Does something on a key, unless somebody is typing. */
function useKey(key: string, action: () => void): void {
  // As soon as the button is there.
  useLayoutEffect(() => {
    const onKey = (event: KeyboardEvent) => {
      const busy = event.target instanceof HTMLElement && event.target.closest('input, select, dialog') !== null;
      if (event.key === key && !event.repeat && !event.ctrlKey && !event.metaKey && !busy) action();
    };
    document.addEventListener('keydown', onKey);
    return () => document.removeEventListener('keydown', onKey);
  }, [key, action]);
}

function Listening(): JSX.Element {
  return (
    <span class="control control-listening" title={TEXTS.listenerNotice}>
      <Icon name="listen" />
      <span>{TEXTS.listening}</span>
    </span>
  );
}

/** Mutes and unmutes, on `m` as well; behind it rises the microphone's level. */
function MuteButton({ muted }: { muted: boolean }): JSX.Element {
  const { phone } = usePhone();
  const voice = useSignal(false);
  const onVoice = useCallback(
    (heard: boolean) => {
      voice.value = heard;
    },
    [voice],
  );
  useKey('m', () => phone.setMuted(!muted));
  return (
    <span class="mute">
      {muted && voice.value && (
        <span class="mute-hint" role="status">
          {TEXTS.talkingWhileMuted}
        </span>
      )}
      <button
        type="button"
        class="control control-mute"
        data-muted={muted}
        aria-keyshortcuts="m"
        data-action="mute-self"
        onClick={() => phone.setMuted(!muted)}
      >
        <LevelMeter onVoice={onVoice} />
        <Icon name={muted ? 'microphone-off' : 'microphone'} />
        <span>{muted ? TEXTS.unmute : TEXTS.mute}</span>
      </button>
    </span>
  );
}

import { useSignal } from '@preact/signals';
import type { JSX } from 'preact';
import { useEffect } from 'preact/hooks';
import type { AudioDevice, AudioDevices } from '../phone/microphone.js';
import { Dialog } from './dialog.js';
import { LanguageChoice } from './language-choice.js';
import { LevelMeter } from './level-meter.js';
import { TEXTS } from './texts.js';
import { usePhone } from './use-phone.js';

export function Settings({ onClose }: { onClose: () => void }): JSX.Element {
  const { state, phone } = usePhone();
  const devices = useSignal<AudioDevices>({ microphones: [], speakers: [] });

  useEffect(() => {
    const load = () => {
      void phone.choices.devices().then((found) => {
        devices.value = found;
      });
    };
    load();
    navigator.mediaDevices?.addEventListener('devicechange', load);
    return () => navigator.mediaDevices?.removeEventListener('devicechange', load);
  }, [phone, devices]);

  const { microphones, speakers } = devices.value;
  const named = [...microphones, ...speakers].some((device) => device.label !== '');
  return (
    <Dialog title={TEXTS.settings} onClose={onClose}>
      <DeviceChoice
        label={TEXTS.microphone}
        devices={microphones}
        chosen={state.value.microphone}
        onChoose={(id) => phone.choices.chooseMicrophone(id)}
      />
      {state.value.call?.device === 'softphone' && (
        <div class="settings-level">
          <LevelMeter />
        </div>
      )}
      {state.value.canChooseSpeaker ? (
        <DeviceChoice
          label={TEXTS.speaker}
          devices={speakers}
          chosen={state.value.speaker}
          onChoose={(id) => void phone.choices.chooseSpeaker(id)}
        />
      ) : (
        <p class="hint">{TEXTS.speakerFixed}</p>
      )}
      {!named && <p class="hint">{TEXTS.devicesHidden}</p>}
      <LanguageChoice />
      {state.value.me !== undefined && <Notifications />}
    </Dialog>
  );
}

/** Browsers ask their user about notifications only after a click. */
function Notifications(): JSX.Element | null {
  const supported = 'Notification' in window;
  const permission = useSignal(supported ? Notification.permission : 'denied');
  if (!supported) return null;
  if (permission.value !== 'default') {
    return <p class="hint">{permission.value === 'granted' ? TEXTS.notifyOn : TEXTS.notifyBlocked}</p>;
  }
  return (
    <button
      type="button"
      class="button-plain settings-notify"
      onClick={() => {
        void Notification.requestPermission().then((answer) => {
          permission.value = answer;
        });
      }}
    >
      {TEXTS.notify}
    </button>
  );
}

function DeviceChoice(props: {
  label: string;
  devices: readonly AudioDevice[];
  chosen: string | undefined;
  onChoose: (id: string) => void;
}): JSX.Element {
  const known = props.devices.some((device) => device.id === props.chosen);
  const hasDefault = props.devices.some((device) => device.id === 'default');
  return (
    <label class="field">
      <span>{props.label}</span>
      <select value={known ? props.chosen : 'default'} onChange={(event) => props.onChoose(event.currentTarget.value)}>
        {!hasDefault && <option value="default">{TEXTS.systemDefault}</option>}
        {props.devices.map((device, index) => (
          <option key={device.id} value={device.id}>
            {device.label === '' ? TEXTS.unnamedDevice(index) : device.label}
          </option>
        ))}
      </select>
    </label>
  );
}

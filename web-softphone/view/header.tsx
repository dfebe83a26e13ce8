import { useSignal } from '@preact/signals';
import type { JSX } from 'preact';
import { Avatar } from './avatar.js';
import { IconButton } from './icon-button.js';
import { Mark } from './icons.js';
import { Settings } from './settings.js';
import { TEXTS } from './texts.js';
import { usePhone } from './use-phone.js';

export function Header(): JSX.Element {
  const { state, phone } = usePhone();
  const open = useSignal(false);
  const { me, reachable } = state.value;
  return (
    <header class="header">
      <a class="skip" href="#content">
        {TEXTS.skip}
      </a>
      <div class="header-brand">
        <Mark />
        <span>{TEXTS.product}</span>
      </div>
      <div class="header-user">
        {me !== undefined && (
          <span class="header-me" data-reachable={reachable} title={reachable ? TEXTS.reachable : TEXTS.notReachable}>
            <Avatar name={me.displayName} small />
            <span class="header-name">{me.displayName}</span>
            <span class="visually-hidden">{reachable ? TEXTS.reachable : TEXTS.notReachable}</span>
          </span>
        )}
        <IconButton
          icon="settings"
          label={TEXTS.settings}
          onClick={() => {
            open.value = true;
          }}
        />
        {me !== undefined && <IconButton icon="logout" label={TEXTS.logOut} onClick={() => phone.logout()} />}
      </div>
      {open.value && (
        <Settings
          onClose={() => {
            open.value = false;
          }}
        />
      )}
    </header>
  );
}

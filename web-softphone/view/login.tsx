import { useSignal } from '@preact/signals';
import type { JSX } from 'preact';
import { useEffect, useRef } from 'preact/hooks';
import { GuestEntry } from './guest-entry.js';
import { Mark } from './icons.js';
import { ProblemNotice } from './notice.js';
import { TextField } from './text-field.js';
import { TEXTS } from './texts.js';
import { usePhone } from './use-phone.js';

/** The door: a login, or a PIN where the page was opened by a link to a room. */
export function Login(): JSX.Element {
  const { state } = usePhone();
  const { joining, call, guestName } = state.value;
  const asGuest = useSignal(guestName !== undefined);
  const problem = call?.problem ?? state.value.problem;
  return (
    <main class="login" id="content">
      <div class="login-card">
        <div class="login-brand">
          <Mark />
          <h1>{joining === undefined ? TEXTS.product : TEXTS.joinTitle(joining)}</h1>
          <p>{joining === undefined ? TEXTS.tagline : TEXTS.joinLead}</p>
        </div>
        {problem !== undefined && <ProblemNotice problem={problem} />}
        {joining !== undefined && (
          <div class="tabs">
            <Tab
              title={TEXTS.asMember}
              pressed={!asGuest.value}
              onPress={() => {
                asGuest.value = false;
              }}
            />
            <Tab
              title={TEXTS.asGuest}
              pressed={asGuest.value}
              onPress={() => {
                asGuest.value = true;
              }}
            />
          </div>
        )}
        {joining !== undefined && asGuest.value ? <GuestEntry /> : <LoginForm />}
      </div>
    </main>
  );
}

function Tab(props: { title: string; pressed: boolean; onPress: () => void }): JSX.Element {
  return (
    <button type="button" class="tab" aria-pressed={props.pressed} onClick={props.onPress}>
      {props.title}
    </button>
  );
}

function LoginForm(): JSX.Element {
  const { state, phone } = usePhone();
  const user = useRef<HTMLInputElement>(null);
  const password = useRef<HTMLInputElement>(null);
  const busy = state.value.session === 'signing-in';
  const { problem } = state.value;

  useEffect(() => user.current?.focus(), []);
  useEffect(() => {
    if (problem?.code === 'wrong-password') password.current?.select();
  }, [problem]);

  function submit(event: SubmitEvent): void {
    event.preventDefault();
    void phone.login(user.current?.value.trim() ?? '', password.current?.value ?? '');
  }

  return (
    <form onSubmit={submit}>
      <TextField
        label={TEXTS.user}
        input={user}
        name="user"
        autocomplete="username"
        autocapitalize="none"
        spellcheck={false}
        required
        disabled={busy}
      />
      <label class="field">
        <span>{TEXTS.password}</span>
        <input
          ref={password}
          name="password"
          type="password"
          autocomplete="current-password"
          required
          disabled={busy}
        />
      </label>
      <button type="submit" class="button-primary" disabled={busy}>
        {busy ? TEXTS.loggingIn : TEXTS.logIn}
      </button>
    </form>
  );
}

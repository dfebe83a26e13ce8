import type { JSX } from 'preact';
import { useEffect, useRef } from 'preact/hooks';
import { Mark } from './icons.js';
import { ProblemNotice } from './notice.js';
import { TEXTS } from './texts.js';
import { usePhone } from './use-phone.js';

export function Login(): JSX.Element {
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
    <main class="login" id="content">
      <div class="login-card">
        <div class="login-brand">
          <Mark />
          <h1>{TEXTS.product}</h1>
          <p>{TEXTS.tagline}</p>
        </div>
        {problem !== undefined && <ProblemNotice problem={problem} />}
        <form onSubmit={submit}>
          <label class="field">
            <span>{TEXTS.user}</span>
            <input
              ref={user}
              name="user"
              autocomplete="username"
              autocapitalize="none"
              spellcheck={false}
              required
              disabled={busy}
            />
          </label>
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
      </div>
    </main>
  );
}

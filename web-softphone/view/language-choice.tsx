import { useSignal } from '@preact/signals';
import type { JSX } from 'preact';
import type { Problem } from '../phone/problem.js';
import { ProblemNotice } from './notice.js';
import { TEXTS } from './texts.js';
import { usePhone } from './use-phone.js';

/** What prompts are spoken to the user in. */
export function LanguageChoice(): JSX.Element | null {
  const { state, phone } = usePhone();
  const problem = useSignal<Problem | undefined>(undefined);
  const { me } = state.value;
  if (me === undefined) return null;
  const { language, languages } = me;
  // It may be a region’s, such as zh-TW, or of a language there are no prompts in any more.
  const offered = language === null || languages.includes(language) ? languages : [...languages, language];
  return (
    <>
      <label class="field">
        <span>{TEXTS.language}</span>
        <select
          name="language"
          value={language ?? ''}
          onChange={(event) => {
            const chosen = event.currentTarget.value;
            void phone.choices.chooseLanguage(chosen === '' ? null : chosen).then((why) => {
              problem.value = why;
            });
          }}
        >
          <option value="">{TEXTS.languageDefault}</option>
          {offered.map((tag) => (
            <option key={tag} value={tag} lang={tag}>
              {nameOf(tag)}
            </option>
          ))}
        </select>
      </label>
      <p class="hint">{TEXTS.languageHint}</p>
      {problem.value !== undefined && <ProblemNotice problem={problem.value} />}
    </>
  );
}

/** A language's name in itself, such as 中文. */
function nameOf(tag: string): string {
  try {
    const name = new Intl.DisplayNames([tag], { type: 'language' }).of(tag) ?? tag;
    return name.charAt(0).toUpperCase() + name.slice(1);
  } catch {
    return tag;
  }
}

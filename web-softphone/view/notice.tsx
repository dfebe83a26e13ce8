import type { ComponentChildren, JSX } from 'preact';
import type { Problem } from '../phone/problem.js';
import { IconButton } from './icon-button.js';
import { Icon } from './icons.js';
import { wordsOf } from './problem-texts.js';
import { TEXTS } from './texts.js';

/** A problem in words. Assistive technology reads it at once. */
export function ProblemNotice(props: {
  problem: Problem;
  onDismiss?: () => void;
  children?: ComponentChildren;
}): JSX.Element {
  const { title, body } = wordsOf(props.problem);
  return (
    <div class="notice notice-problem" role="alert" data-problem={props.problem.code}>
      <Icon name="alert" />
      <div class="notice-words">
        <strong>{title}</strong>
        <p>{body}</p>
        {props.children}
      </div>
      {props.onDismiss !== undefined && <IconButton icon="remove" label={TEXTS.dismiss} onClick={props.onDismiss} />}
    </div>
  );
}

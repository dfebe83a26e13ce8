import { useSignal } from '@preact/signals';
import type { JSX } from 'preact';
import { IconButton } from './icon-button.js';
import { Icon, type IconName } from './icons.js';
import { TEXTS } from './texts.js';

const COPIED_SHOWN_MS = 2_000;

/** Copies a text: a mere icon, or with words where the thing copied is not beside it. */
export function CopyButton(props: {
  text: string;
  label: string;
  /** Shown beside the icon; once it is copied, `copied` is. */
  words?: { readonly icon: IconName; readonly copied: string };
}): JSX.Element {
  const { words } = props;
  const copied = useSignal(false);
  function copy(): void {
    navigator.clipboard?.writeText(props.text).then(
      () => {
        copied.value = true;
        setTimeout(() => {
          copied.value = false;
        }, COPIED_SHOWN_MS);
      },
      () => undefined,
    );
  }
  if (words !== undefined) {
    return (
      <button type="button" class="button-plain button-small" data-copies={props.text} onClick={copy}>
        <Icon name={copied.value ? 'check' : words.icon} />
        {copied.value ? words.copied : props.label}
      </button>
    );
  }
  const label = copied.value ? TEXTS.copied : props.label;
  return <IconButton icon={copied.value ? 'check' : 'copy'} label={label} data-copies={props.text} onClick={copy} />;
}

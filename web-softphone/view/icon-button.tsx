import type { ButtonHTMLAttributes, JSX } from 'preact';
import { Icon, type IconName } from './icons.js';

/** A button that is a mere icon; its label is read, and shown to whoever points at it. */
export function IconButton(
  props: { icon: IconName; label: string; more?: string } & Omit<
    ButtonHTMLAttributes<HTMLButtonElement>,
    'class' | 'icon' | 'label' | 'type'
  >,
): JSX.Element {
  const { icon, label, more, ...rest } = props;
  const classes = `button-quiet button-icon${more === undefined ? '' : ` ${more}`}`;
  return (
    <button type="button" class={classes} aria-label={label} title={label} {...rest}>
      <Icon name={icon} />
    </button>
  );
}

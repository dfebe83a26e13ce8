import type { InputHTMLAttributes, JSX, RefObject } from 'preact';

/** A line of text to type, under its name. */
export function TextField(
  props: { label: string; hint?: string; input?: RefObject<HTMLInputElement | null> } & Omit<
    InputHTMLAttributes<HTMLInputElement>,
    'label' | 'list' | 'role' | 'type'
  >,
): JSX.Element {
  const { label, hint, input, ...rest } = props;
  return (
    <label class="field">
      <span>{label}</span>
      <input {...rest} {...(input === undefined ? {} : { ref: input })} />
      {hint !== undefined && <span class="hint">{hint}</span>}
    </label>
  );
}

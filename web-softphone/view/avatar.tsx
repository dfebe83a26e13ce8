import type { JSX } from 'preact';
import { Icon } from './icons.js';

const TELEPHONE = /^\+\d+$/;

/** Initials on a colour of the name's own: the same in every room. A telephone number has none. */
export function Avatar({ name, small = false }: { name: string; small?: boolean }): JSX.Element {
  if (TELEPHONE.test(name)) {
    return (
      <span class={`avatar avatar-icon ${small ? 'avatar-small' : ''}`} aria-hidden="true">
        <Icon name="outside-line" />
      </span>
    );
  }
  return (
    <span class={small ? 'avatar avatar-small' : 'avatar'} data-hue={hueOf(name)} aria-hidden="true">
      {initialsOf(name)}
    </span>
  );
}

const HUES = 8;

function hueOf(name: string): number {
  let hash = 0;
  for (const character of name) hash = (hash * 37 + (character.codePointAt(0) ?? 0)) % 65_521;
  return hash % HUES;
}

function initialsOf(name: string): string {
  const words = name.split(/[\s._-]+/).filter((word) => word !== '');
  const first = [...(words[0] ?? '?')][0] ?? '?';
  const last = words.length > 1 ? ([...(words.at(-1) ?? '')][0] ?? '') : '';
  return `${first}${last}`.toUpperCase();
}

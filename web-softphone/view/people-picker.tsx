import { useSignal } from '@preact/signals';
import type { JSX } from 'preact';
import { useEffect, useId, useRef } from 'preact/hooks';
import type { Invitees } from '../phone/api.js';
import { inviteeName, type Person, readInvitee, suggest } from '../phone/people.js';
import { isLikeTelephone, readTelephone, telephoneOf } from '../phone/telephone-number.js';
import { Avatar } from './avatar.js';
import { Icon } from './icons.js';
import { TEXTS } from './texts.js';
import { usePhone } from './use-phone.js';

const MOST_SUGGESTED = 8;

export interface PeoplePickerProps {
  readonly label: string;
  readonly value: Invitees;
  readonly onChange: (value: Invitees) => void;
  /** What is typed and not taken up yet. */
  readonly typed: string;
  readonly onType: (text: string) => void;
  /** The group whose members come first, and who can be invited as a whole. */
  readonly group?: { readonly name: string; readonly title: string } | undefined;
  /** Those there is no use in inviting. */
  readonly without?: readonly string[];
  readonly focused?: boolean;
}

/** Whom to invite: user names and telephone numbers that are typed, members of the user's groups by a click, or a whole group. */
export function PeoplePicker(props: PeoplePickerProps): JSX.Element {
  const { value, group, typed } = props;
  const people = usePeople();
  const input = useRef<HTMLInputElement>(null);
  const inputId = useId();
  const chosen = value === 'all' ? [] : value;
  useEffect(() => {
    if (props.focused) input.current?.focus();
  }, []);

  const without = [...chosen, ...(props.without ?? [])];
  const suggested =
    value === 'all' ? [] : suggest(people, { typed, chosen: without, group: group?.name, most: MOST_SUGGESTED });
  const telephone = value === 'all' ? undefined : telephoneIn(typed, chosen);

  function add(user: string): void {
    if (!chosen.includes(user)) props.onChange([...chosen, user]);
    props.onType('');
    input.current?.focus();
  }

  function onKeyDown(event: KeyboardEvent): void {
    if (event.key === 'Backspace' && typed === '') props.onChange(chosen.slice(0, -1));
    // People write blanks within telephone numbers.
    const ends = isLikeTelephone(typed) ? ['Enter', ','] : ['Enter', ',', ' '];
    if (typed.trim() === '' || !ends.includes(event.key)) return;
    event.preventDefault();
    // A name typed in full is meant, whoever else's begins with it.
    const name = readInvitee(typed);
    const user = event.key === 'Enter' && !people.some((person) => person.user === name) ? suggested[0]?.user : name;
    if (user !== undefined) add(user);
    else if (name !== undefined) add(name);
  }

  return (
    <div class="field picker">
      <label for={inputId}>{props.label}</label>
      <div class="picker-box">
        {value === 'all' && group !== undefined && (
          <Chip name={TEXTS.everyone(group.title)} user="*" onRemove={() => props.onChange([])} />
        )}
        {chosen.map((user) => (
          <Chip
            key={user}
            name={inviteeName(user, people)}
            user={user}
            onRemove={() => props.onChange(chosen.filter((other) => other !== user))}
          />
        ))}
        {value !== 'all' && (
          <input
            ref={input}
            id={inputId}
            class="picker-input"
            name="invitee"
            autocomplete="off"
            autocapitalize="none"
            spellcheck={false}
            placeholder={chosen.length === 0 ? TEXTS.typeName : TEXTS.typeAnother}
            value={typed}
            onInput={(event) => props.onType(event.currentTarget.value)}
            onKeyDown={onKeyDown}
          />
        )}
      </div>
      {value !== 'all' && (
        <ul class="picker-suggestions">
          {group !== undefined && chosen.length === 0 && typed === '' && (
            <li>
              <button type="button" class="pick pick-all" data-pick="*" onClick={() => props.onChange('all')}>
                <Icon name="group" />
                {TEXTS.everyone(group.title)}
              </button>
            </li>
          )}
          {telephone !== undefined && (
            <li>
              <button type="button" class="pick pick-all" data-pick={telephone} onClick={() => add(telephone)}>
                <Icon name="outside-line" />
                {TEXTS.callNumber(telephoneOf(telephone) ?? '')}
              </button>
            </li>
          )}
          {suggested.map((person) => (
            <Suggestion key={person.user} person={person} onPick={() => add(person.user)} />
          ))}
        </ul>
      )}
      {typed !== '' && readInvitee(typed) === undefined && suggested.length === 0 && (
        <p class="hint" role="status">
          {isLikeTelephone(typed) ? TEXTS.noSuchTelephone : TEXTS.noSuchName(typed)}
        </p>
      )}
    </div>
  );
}

/** The telephone number that is typed, unless it is chosen already. */
function telephoneIn(typed: string, chosen: readonly string[]): string | undefined {
  const telephone = readTelephone(typed);
  return telephone === undefined || chosen.includes(telephone) ? undefined : telephone;
}

/** What a form with a picker keeps: `invitees` counts in what is typed, and `takeUp` makes it one of those chosen. */
export function useInvitees(): {
  readonly invitees: Invitees;
  readonly picker: Pick<PeoplePickerProps, 'value' | 'onChange' | 'typed' | 'onType'>;
  readonly takeUp: () => void;
} {
  const chosen = useSignal<Invitees>([]);
  const typed = useSignal('');
  const invitees = inviteesOf(chosen.value, typed.value);
  return {
    invitees,
    picker: {
      value: chosen.value,
      onChange: (value) => {
        chosen.value = value;
      },
      typed: typed.value,
      onType: (text) => {
        typed.value = text;
      },
    },
    takeUp() {
      chosen.value = invitees;
      typed.value = '';
    },
  };
}

function inviteesOf(value: Invitees, typed: string): Invitees {
  const name = value === 'all' ? undefined : readInvitee(typed);
  return name === undefined || value === 'all' || value.includes(name) ? value : [...value, name];
}

function usePeople(): readonly Person[] {
  const { phone } = usePhone();
  const people = useSignal<readonly Person[]>([]);
  useEffect(() => {
    void phone.people().then((found) => {
      people.value = found;
    });
  }, [phone, people]);
  return people.value;
}

function Suggestion({ person, onPick }: { person: Person; onPick: () => void }): JSX.Element {
  return (
    <li>
      <button
        type="button"
        class="pick"
        aria-label={TEXTS.addPerson(person.displayName)}
        title={person.user}
        data-pick={person.user}
        onClick={onPick}
      >
        <Avatar name={person.displayName} small />
        {person.displayName}
      </button>
    </li>
  );
}

function Chip(props: { name: string; user: string; onRemove: () => void }): JSX.Element {
  return (
    <span class="chip" data-chosen={props.user}>
      {props.name}
      <button type="button" aria-label={TEXTS.removePerson(props.name)} onClick={props.onRemove}>
        <Icon name="remove" />
      </button>
    </span>
  );
}

import type { Room } from '../rooms/room.js';
import type { Sound } from '../sound.js';
import { type Clock, systemClock } from './clock.js';
import { DigitCollector } from './digit-collector.js';
import type { IvrCall } from './ivr-call.js';
import type { Language, Speaker, SpokenValue } from './speaker.js';

/** What follows each time the prompt is said; the last is the longest, so that voicemail hears it out. */
const PAUSES_MS = [2000, 5000] as const;
/** Whoever goes on pressing keys that mean nothing is waited for no longer. */
const MOST_WRONG_KEYS = 8;

const ANSWERS: Readonly<Record<string, Answer>> = { '1': 'accepted', '2': 'declined', '3': 'snoozed' };
const WORDS = { declined: 'invitation-declined', snoozed: 'invitation-snoozed' } as const;
const BARRED = { full: 'lobby-full', locked: 'lobby-locked' } as const;

type Answer = 'accepted' | 'declined' | 'snoozed';

type Refusal = Exclude<Answer, 'accepted'>;

/** What becomes of the question; no key is no acceptance, since that is what voicemail presses. */
export type Confirmation = Answer | 'no-key' | 'hung-up';

/** Who invites whom where. */
export interface Asked {
  readonly inviter: { readonly name: string; readonly displayName: string };
  readonly room: Pick<Room, 'kind' | 'title'>;
  /** Whose phone it is; absent for a bare telephone number. */
  readonly user?: { readonly language?: Language };
  /** Where the user has none of their own. */
  readonly language?: Language;
}

export interface Asking extends Asked {
  /** The prompt begins. */
  onStarted(): void;
  /** They pressed a key that says no; they may hang up on what they hear of it. */
  onRefused(refusal: Refusal): void;
  /** What keeps them out of the room although they accept. */
  barrier(): 'full' | 'locked' | undefined;
}

export interface Confirmations {
  /** Makes what will be said, while the phone rings: it is heard as soon as it is answered. Never rejects. */
  readonly prepare: (asked: Asked) => Promise<void>;
  /**
   * Asks whoever answered a phone whether they come into a room, by saying the prompt twice. After `accepted` a tone
   * is still played, which goes on while the call enters the room, or they have heard why it does not take them;
   * otherwise nothing more is to be said.
   */
  readonly confirm: (call: IvrCall, asked: Asking) => Promise<Confirmation>;
}

export function createConfirmations({
  speaker,
  clock = systemClock,
}: {
  speaker: Speaker;
  clock?: Clock;
}): Confirmations {
  /** What they hear of their key, after which nothing more is said. */
  async function respond(outcome: Confirmation, call: IvrCall, keys: DigitCollector, asked: Asking): Promise<void> {
    if (outcome === 'no-key' || outcome === 'hung-up') return;
    if (outcome !== 'accepted') asked.onRefused(outcome);
    const barrier = outcome === 'accepted' ? asked.barrier() : undefined;
    const words = outcome === 'accepted' ? barrier && BARRED[barrier] : WORDS[outcome];
    if (words === undefined) {
      call.play(speaker.sound('entered'));
      return;
    }
    keys.forget();
    await keys.hear(await speaker.say(languageOf(asked), words));
  }

  return {
    async prepare(asked) {
      const words = Object.values(WORDS).map((word) => speaker.say(languageOf(asked), word));
      await Promise.allSettled([invitationTo(speaker, asked), ...words]);
    },

    async confirm(call, asked) {
      const keys = new DigitCollector(call, clock);
      try {
        const prompt = await invitationTo(speaker, asked);
        if (call.ended.aborted) return 'hung-up';
        asked.onStarted();
        const outcome = await ask(call, keys, prompt);
        await respond(outcome, call, keys, asked);
        return outcome;
      } finally {
        keys.close();
      }
    },
  };
}

async function ask(call: IvrCall, keys: DigitCollector, prompt: Sound): Promise<Confirmation> {
  for (const [index, pauseMs] of PAUSES_MS.entries()) {
    const playback = call.play(prompt);
    // A wrong key has the prompt said again, as long as it is to be.
    const wrongKeys = index === PAUSES_MS.length - 1 ? MOST_WRONG_KEYS : 0;
    const answer = await firstAnswer(keys, { over: playback.ended, pauseMs, wrongKeys });
    playback.stop();
    if (answer !== undefined) return answer;
    if (call.ended.aborted) return 'hung-up';
  }
  return 'no-key';
}

/** Undefined when there is none until a while after the prompt, or too many keys were wrong. */
async function firstAnswer(
  keys: DigitCollector,
  { over, pauseMs, wrongKeys }: { over: Promise<unknown>; pauseMs: number; wrongKeys: number },
): Promise<Answer | undefined> {
  for (let left = wrongKeys; left >= 0; left--) {
    const key = (await keys.nextUntil(over)) ?? (await keys.nextWithin(pauseMs));
    if (key === undefined) return undefined;
    const answer = ANSWERS[key];
    if (answer !== undefined) return answer;
  }
  return undefined;
}

function languageOf({ user, language }: Asked): Language | undefined {
  return user?.language ?? language;
}

function invitationTo(speaker: Speaker, asked: Asked): Promise<Sound> {
  const { inviter, room } = asked;
  const values: Record<string, SpokenValue> = { inviter: { name: inviter.displayName, recordedAs: inviter.name } };
  if (room.kind !== 'group') return speaker.say(languageOf(asked), 'invitation-to-person', values);
  return speaker.say(languageOf(asked), 'invitation', { ...values, group: { name: room.title } });
}

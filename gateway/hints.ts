import { bracketed } from './bracketed.js';
import { type Config, isLoopback } from './config.js';
import type { Directory } from './rooms/directory.js';
import type { UserStore } from './rooms/user.js';
import { demoPassword } from './store/demo.js';

interface HintSources {
  config: Config;
  store: { users: UserStore };
  directory: Directory;
  httpUrl: string;
  /** Undefined for a directory, which has no SIP. */
  sipPort: number | undefined;
  secure: boolean;
}

/** What a newcomer needs to know once the gateway takes calls, a line each. */
export async function hintsFor(sources: HintSources): Promise<string[]> {
  const { config, secure } = sources;
  const hints = config.demo && config.role !== 'voice' ? await demoHints(sources) : [];
  if (!secure && !isLoopback(config.advertise)) {
    hints.push(
      'Browsers refuse the microphone to a page without TLS: set ROOMLINE_TLS_CERT and ROOMLINE_TLS_KEY, ' +
        'or ROOMLINE_TLS=self-signed for a trial.',
    );
  }
  return hints;
}

async function demoHints({ config, store, directory, httpUrl, sipPort }: HintSources): Promise<string[]> {
  const alice = await store.users.findByName('alice');
  const engineering = alice?.memberships.find((membership) => membership.group === 'engineering');
  if (engineering === undefined) return [];
  const number = await directory.numberOf(engineering.groupId);
  const atPhone = sipPort === undefined ? 'at the voice server' : `at ${bracketed(config.advertise)}:${sipPort}`;
  return [
    '',
    `  In a browser   open ${httpUrl} and log in as alice, password ${demoPassword('alice')}; then click Engineering.`,
    `  On a phone     register as bob, password ${demoPassword('bob')}, ${atPhone}; then dial ${number}.`,
    '  Others to try  carol, dave and erin; the password is the name and -demo.',
    '  To end it      Ctrl-C',
    '',
  ];
}

import { bracketed } from '../bracketed.js';
import { ConfigError } from '../config.js';
import type { OutsideCallCheck } from '../rooms/outside-call-check.js';
import { OutsideCalls } from '../rooms/outside-calls.js';
import { isRoomNumber } from '../rooms/room.js';
import { type Challenges, createChallenges } from '../sip/challenges.js';
import type { IdentifyTrunk } from '../sip/lobby.js';
import type { OutsideLine } from '../sip/outside-line.js';
import type { SipApplication } from '../sip/sip-application.js';
import { createTrunkIdentifier } from '../sip/trunk/identify.js';
import { createOutsideCalling } from '../sip/trunk/outside-calling.js';
import { TrunkRegistration } from '../sip/trunk/registration.js';
import { trunksOf } from '../sip/trunk/trunk.js';
import type { TallySource } from '../tally.js';
import type { Base } from './base.js';

/** The ways to telephones and from them. */
export interface Trunks {
  readonly outsideLine: OutsideLine;
  /** Says before anybody is invited what telephones can be called. */
  readonly outsideCallCheck: OutsideCallCheck;
  readonly identifyTrunk: IdentifyTrunk;
  /** Shared with what checks phones: a call is challenged before it is known whose it is. */
  readonly challenges: Challenges;
  /** Outside calls placed and refused, and which trunks are registered. */
  readonly tallies: readonly TallySource[];
  /** Registers where that is configured, for as long as this gateway takes the calls. */
  startRegistrations(link: {
    readonly requests: SipApplication['requests'];
    readonly sipPort: number;
    active(): boolean;
  }): Promise<void>;
}

/** @throws ConfigError for an access number that is a room's. */
export async function createTrunks(base: Base): Promise<Trunks> {
  await refuseNumbersOfRooms(base);
  const { config, life, store } = base;
  const log = base.log.child({ part: 'trunks' });
  const trunks = trunksOf(config.trunks);
  const { allow, deny, ...limits } = config.outsideCalls;
  const onError = (error: unknown) => log.error({ err: error }, 'could not forget old outside calls');
  const calls = new OutsideCalls({ rules: { allow, deny }, limits, trunks, store: store.outsideCalls, onError });
  const outsideCalling = createOutsideCalling({ calls, trunks, host: config.advertise, log });
  const challenges = createChallenges(config.sip);
  const registering = trunks.filter(({ settings }) => settings.register);
  return {
    outsideLine: outsideCalling,
    outsideCallCheck: outsideCalling.check,
    identifyTrunk: createTrunkIdentifier({ trunks, realm: config.sip.realm, challenges }),
    challenges,
    tallies: [
      ...outsideCalling.tallies,
      {
        name: 'roomline_trunk_registered',
        help: 'Whether the registration at a trunk is in force, by trunk.',
        kind: 'gauge',
        label: 'trunk',
        read: () => new Map(registering.map(({ name, registered }) => [name, registered ? 1 : 0])),
      },
    ],
    async startRegistrations({ requests, sipPort, active }) {
      const contactAddress = `${bracketed(config.advertise)}:${sipPort}`;
      const registrations = registering.map(
        (trunk) => new TrunkRegistration({ trunk, server: requests, contactAddress, active, log }),
      );
      await life.start(
        'trunk registrations',
        () => {
          for (const registration of registrations) registration.start();
        },
        async () => void (await Promise.all(registrations.map((registration) => registration.stop()))),
      );
    },
  };
}

/** Rooms from before the numbers were chosen may lie outside of today's ranges. */
async function refuseNumbersOfRooms({ config, store }: Base): Promise<void> {
  const numbers = [config.lobby, ...Object.values(config.trunks)].flatMap(({ accessNumbers }) => accessNumbers);
  for (const number of new Set(numbers.map((text) => text.replace('+', '')))) {
    if (!isRoomNumber(number) || (await store.rooms.find(number)) === undefined) continue;
    throw new ConfigError(`the access number ${number} is a room's: choose another in lobby.accessNumbers or trunks`);
  }
}

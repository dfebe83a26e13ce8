import { RoomlineError } from '../errors.js';
import { startAlone } from '../ivr/alone.js';
import { startAnnouncements } from '../ivr/announcements.js';
import { type Asked, createConfirmations } from '../ivr/confirmation.js';
import { createLobby, LOBBY_REFUSALS, type Lobby } from '../ivr/lobby.js';
import { MuteNotices } from '../ivr/mute-notices.js';
import { PersonalSounds } from '../ivr/personal-sounds.js';
import { startRoomMenu } from '../ivr/room-menu.js';
import type { RoomVoice } from '../ivr/room-voice.js';
import type { Speaker } from '../ivr/speaker.js';
import type { LiveRooms } from '../rooms/roster.js';
import type { Confirm } from '../sip/confirm.js';
import { createDoorkeeper } from '../sip/doorkeeper.js';
import { Tally, type TallySource } from '../tally.js';
import { Turnstile } from '../turnstile.js';
import type { Base } from './base.js';
import { IvrCalls } from './ivr-calls.js';

/** What callers hear and press, before they are in a room and there. */
export interface Ivr {
  readonly confirm: Confirm;
  readonly lobby: Lobby;
  /** Calls that are in no room yet, and callers the lobby let no further. */
  readonly tallies: readonly TallySource[];
  /** Listens to those who are in rooms. */
  startInRooms(rooms: { readonly liveRooms: LiveRooms; readonly voice: RoomVoice }): Promise<void>;
}

/** PINs are hashed one at a time, so that guessing keeps nobody else waiting. */
const PINS_AT_ONCE = 1;
const MOST_PINS_WAITING = 20;

export function createIvr(base: Base, speaker: Speaker): Ivr {
  const lobbyRefusals = new Tally({
    name: 'roomline_lobby_refusals_total',
    help: 'Callers of the lobby let no further, by reason.',
    label: 'reason',
    values: LOBBY_REFUSALS,
  });
  const calls = new IvrCalls();
  const { confirm, prepare } = createConfirmations({ speaker });
  return {
    confirm: Object.assign(calls.counting('confirmation', confirm), { prepare: (asked: Asked) => void prepare(asked) }),
    lobby: calls.counting(
      'lobby',
      buildLobby(base, speaker, (why) => lobbyRefusals.add(why)),
    ),
    tallies: [calls, lobbyRefusals],
    async startInRooms({ liveRooms, voice }) {
      await base.life.start(
        'voice in rooms',
        () => startInRooms(base, { liveRooms, voice, speaker }),
        (stop) => stop(),
      );
    },
  };
}

function buildLobby({ config, log, pins, store }: Base, speaker: Speaker, onRefused: (why: string) => void): Lobby {
  const { groupNumbers, temporaryNumbers, exclusiveNumbers } = config.rooms;
  const doorkeeper = createDoorkeeper(store.rooms, store.invitations);
  const turnstile = new Turnstile({
    atOnce: PINS_AT_ONCE,
    mostWaiting: MOST_PINS_WAITING,
    refusal: () => new RoomlineError('unavailable', 'too many callers of the lobby wait for their PIN to be looked at'),
  });
  return createLobby({
    speaker,
    rooms: {
      find: (number) => store.rooms.find(number),
      look: (number, identity) => doorkeeper.look(number, identity),
    },
    checkPin: (number, pin, caller) => turnstile.pass(() => pins.check(number, pin, caller)),
    tries: config.lobby.tries,
    digitMs: config.lobby.digitSeconds * 1000,
    numberLengths: new Set([groupNumbers, temporaryNumbers, exclusiveNumbers].map(({ from }) => String(from).length)),
    log: log.child({ part: 'lobby' }),
    onRefused,
  });
}

/** Returns what stops it. */
function startInRooms(
  { config, log: rootLog, roster, store }: Base,
  { liveRooms, voice, speaker }: { liveRooms: LiveRooms; voice: RoomVoice; speaker: Speaker },
): () => void {
  const log = rootLog.child({ part: 'ivr' });
  const sounds = new PersonalSounds(voice);
  const inRooms = { roster, sounds, speaker, voice, log };
  const muteNotices = new MuteNotices(inRooms);
  const stops = [
    startRoomMenu({ ...inRooms, liveRooms, muteNotices }),
    startAlone(inRooms),
    startAnnouncements({
      ...inRooms,
      wants: async (room) => (await store.rooms.find(room))?.announcesJoins ?? config.invitations.announceJoins,
    }),
    () => muteNotices.stop(),
  ];
  return () => {
    for (const stop of stops) stop();
  };
}

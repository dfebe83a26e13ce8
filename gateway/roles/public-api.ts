import { createHostTokens } from '../api/host-token.js';
import { type Api, createApi } from '../api/server.js';
import { knownLanguages, promptFolders } from '../prompt-languages.js';
import { createAdministration } from '../rooms/administration.js';
import { createApiKeys } from '../rooms/api-keys.js';
import { numberGauges } from '../rooms/number-usage.js';
import { createRoomInvitations } from '../rooms/room-invitations.js';
import { createSipSecrets } from '../rooms/sip-secrets.js';
import { createVoiceRequests } from '../rooms/voice-requests.js';
import type { Base } from './base.js';
import type { RoomsSide } from './rooms-side.js';

/** The directory's HTTP API and the page. */
export async function startPublicApi(base: Base, rooms: RoomsSide): Promise<Api> {
  const { accessEvents, config, credentials, life, log, roster, store } = base;
  const { liveRooms, voiceServersReady } = rooms;
  const hostTokens = await createHostTokens(config.auth.jwt, store.users);
  const tokenSecret = await store.secret('login-token');
  const services = createServices(base, rooms);
  return life.start(
    'api',
    () =>
      createApi({
        ...services,
        config,
        log: log.child({ part: 'api' }),
        users: store.users,
        rooms: store.rooms,
        hostTokens,
        accessEvents,
        roster,
        liveRooms,
        credentials,
        voiceServersReady,
        tokenSecret,
        readiness: { ...rooms.readiness, database: () => store.ping().then(() => true) },
        isDraining: base.isDraining,
        ...(rooms.tallies === undefined ? {} : { tallies: rooms.tallies }),
        gauges: [
          {
            name: 'roomline_voice_servers',
            help: 'Voice servers that take calls.',
            read: () => voiceServersReady().length,
          },
          ...numberGaugesOf(base),
        ],
      }),
    (part) => part.close(),
  );
}

/** The domain, on this store. */
function createServices(base: Base, rooms: RoomsSide) {
  const { inviter, outsideCalls, ownPhones, voiceServer, voiceServersReady } = rooms;
  const { accessEvents: events, config, directory, store } = base;
  const { groups, invitations } = store;
  const languages = knownLanguages(store.spokenLanguages, promptFolders(config));
  const administration = createAdministration({ store: store.administration, events, languages, rooms: config.rooms });
  return {
    administration,
    languages,
    voiceRequests: createVoiceRequests({
      directory,
      voiceServer,
      voiceServersReady,
      groups,
      store: store.voiceRequests,
      inviter,
      outsideCalls,
      ownPhones,
      contacts: store.contactBindings,
    }),
    invitations: createRoomInvitations({
      invitations,
      requests: store.voiceRequests,
      groups,
      inviter,
      outsideCalls,
      voiceServersReady,
      events,
    }),
    pins: base.pins,
    roomSettings: store.roomSettings,
    sipSecrets: createSipSecrets({
      findUser: (name) => administration.findUser(name),
      put: (account) =>
        store.transaction((unit) => unit.putSipAccount({ ...account, realm: config.sip.realm, algorithm: 'MD5' })),
    }),
    apiKeys: createApiKeys(store.apiKeys),
  };
}

function numberGaugesOf({ config, store }: Base) {
  const { groupNumbers, temporaryNumbers, exclusiveNumbers } = config.rooms;
  const ranges = { group: groupNumbers, temporary: temporaryNumbers, exclusive: exclusiveNumbers };
  return numberGauges(store.roomKeeping, ranges);
}

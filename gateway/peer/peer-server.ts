import type { RequestListener } from 'node:http';
import type { Socket } from 'node:net';
import { Router } from '@koa/router';
import type { Middleware } from 'koa';
import { errorResponses, invalidRequest } from '../api/errors.js';
import { createHandler } from '../api/handler.js';
import { createBodyReader } from '../api/request-body.js';
import { RoomlineError } from '../errors.js';
import type { Log } from '../log.js';
import type { AccessEventBus } from '../rooms/access-events.js';
import type { Invitation, InvitationStore, Inviter } from '../rooms/invitations.js';
import type { OutsideCallCheck } from '../rooms/outside-call-check.js';
import type { OwnPhones } from '../rooms/own-phones.js';
import type { LiveRooms, Roster } from '../rooms/roster.js';
import type { User, UserStore } from '../rooms/user.js';
import type { VoiceServer } from '../rooms/voice-server.js';
import { accessEventsRequest, emitAccessEvent } from './access-event.js';
import { requireKey } from './peer-key.js';
import {
  cancelRequest,
  exclusiveRoomRequest,
  invitationsRequest,
  NOT_READY,
  outsideCallCheckRequest,
  ownPhoneCallRequest,
  PEER_PREFIX,
  participantChange,
  pathParameters,
  roomChange,
  temporaryRoomRequest,
} from './protocol.js';
import { RosterFeeds, type RosterFeedsOptions } from './roster-feeds.js';

const readBody = createBodyReader(1_048_576);
const RETRY_WHEN_NOT_READY_SECONDS = 5;

export interface PeerServerDeps {
  readonly key: string;
  /** Hears nobody but processes on this machine. */
  readonly fromHereOnly: boolean;
  readonly log: Log;
  readonly users: UserStore;
  readonly voiceServer: VoiceServer;
  readonly liveRooms: LiveRooms;
  readonly inviter: Inviter;
  readonly outsideCalls: OutsideCallCheck;
  readonly ownPhones: OwnPhones;
  readonly invitations: Pick<InvitationStore, 'find'>;
  readonly roster: Roster;
  readonly accessEvents: AccessEventBus;
  readonly beatMs: number;
  readonly about: RosterFeedsOptions['about'];
}

/** The voice server's side of what directories ask it. */
export interface PeerServer {
  /** For requests whose path begins with `/peer/`. */
  readonly handler: RequestListener;
  /** Tells directories at once whether calls are taken now. */
  tellState(): void;
  /** Ends every stream. */
  close(): void;
}

export function createPeerServer(deps: PeerServerDeps): PeerServer {
  const { fromHereOnly, key, log } = deps;
  const feeds = new RosterFeeds(deps);
  const router = new Router({ prefix: PEER_PREFIX });
  checkParameters(router);
  addRooms(router, deps);
  addParticipants(router, deps);
  addLiveRooms(router, deps);
  addInvitations(router, deps);
  addPhones(router, deps);
  addAccessEvents(router, deps);
  router.get('/roster', (ctx) => {
    ctx.set({ 'Content-Type': 'application/x-ndjson', 'Cache-Control': 'no-store' });
    ctx.status = 200;
    ctx.respond = false;
    ctx.res.flushHeaders();
    feeds.open(ctx.res);
  });

  const requirePeer: Middleware = (ctx, next) => {
    if (fromHereOnly) requireFromHere(ctx.req.socket);
    requireKey(ctx.get('Authorization'), key);
    return next();
  };
  return {
    handler: createHandler({ before: [errorResponses(log), requirePeer], router, log }),
    tellState: () => feeds.tellState(),
    close: () => feeds.close(),
  };
}

/** Whatever stands in a path is looked at before its route is. */
function checkParameters(router: Router): void {
  for (const [name, schema] of Object.entries(pathParameters)) {
    router.param(name, (text, _ctx, next) => {
      const read = schema.safeParse(text);
      if (!read.success) throw invalidRequest(read.error.issues, [name]);
      return next();
    });
  }
}

function addRooms(router: Router, deps: PeerServerDeps): void {
  const { about, users, voiceServer } = deps;
  router.post('/temporary-rooms', async (ctx) => {
    const { asker, team } = await readBody(ctx, temporaryRoomRequest);
    requireReady(about);
    ctx.body = { room: await voiceServer.temporaryRoom(await findUser(users, asker), team) };
  });

  router.post('/exclusive-rooms', async (ctx) => {
    const { asker } = await readBody(ctx, exclusiveRoomRequest);
    requireReady(about);
    ctx.body = { room: await voiceServer.exclusiveRoom(await findUser(users, asker)) };
  });
}

function addParticipants(router: Router, { liveRooms }: PeerServerDeps): void {
  router.patch('/participants/:id', async (ctx) => {
    const change = await readBody(ctx, participantChange);
    const { id = '' } = ctx.params;
    if ('muted' in change) await liveRooms.setMuted(id, change.muted);
    else if ('role' in change) await liveRooms.setRole(id, change.role);
    else await liveRooms.setHandRaised(id, change.handRaised);
    ctx.status = 204;
  });

  router.delete('/participants/:id', async (ctx) => {
    await liveRooms.remove(ctx.params.id ?? '');
    ctx.status = 204;
  });
}

function addLiveRooms(router: Router, { liveRooms }: PeerServerDeps): void {
  router.patch('/rooms/:number', async (ctx) => {
    const { locked } = await readBody(ctx, roomChange);
    await liveRooms.setLocked(ctx.params.number ?? '', locked);
    ctx.status = 204;
  });

  router.post('/rooms/:number/mute-all', async (ctx) => {
    ctx.body = { muted: await liveRooms.muteAll(ctx.params.number ?? '') };
  });
}

function addInvitations(router: Router, deps: PeerServerDeps): void {
  router.post('/invitations', async (ctx) => {
    const asked = await readBody(ctx, invitationsRequest);
    requireReady(deps.about);
    const inviter = await findUser(deps.users, asked.inviter);
    const found = await Promise.all(asked.invitations.map((id) => deps.invitations.find(id)));
    deps.inviter.invite(inviter, found.filter(isOf(inviter)));
    ctx.status = 202;
    ctx.body = {};
  });

  router.post('/cancelled-invitations', async (ctx) => {
    const { invitations } = await readBody(ctx, cancelRequest);
    for (const id of invitations) deps.inviter.cancel(id);
    ctx.status = 204;
  });
}

function addPhones(router: Router, { about, outsideCalls, ownPhones, users }: PeerServerDeps): void {
  router.post('/outside-call-checks', async (ctx) => {
    const { asker, telephones } = await readBody(ctx, outsideCallCheckRequest);
    requireReady(about);
    await outsideCalls.requireCallable(asker, telephones);
    ctx.status = 204;
  });

  router.post('/own-phone-calls', async (ctx) => {
    const { asker, room } = await readBody(ctx, ownPhoneCallRequest);
    requireReady(about);
    await ownPhones.callOwnPhone(await findUser(users, asker), { number: room });
    ctx.status = 204;
  });
}

function addAccessEvents(router: Router, { accessEvents }: PeerServerDeps): void {
  router.post('/access-events', async (ctx) => {
    const { events } = await readBody(ctx, accessEventsRequest);
    for (const event of events) emitAccessEvent(accessEvents, event);
    ctx.status = 204;
  });
}

/** Only a process on this machine has an address of its own at both ends of a connection. */
function requireFromHere({ localAddress, remoteAddress }: Pick<Socket, 'localAddress' | 'remoteAddress'>): void {
  if (remoteAddress !== undefined && remoteAddress === localAddress) return;
  throw new RoomlineError('forbidden', 'without a peer.key only processes on this machine may ask', {
    code: 'no-peer-key',
  });
}

async function findUser(users: UserStore, { id, name }: { id: string; name: string }): Promise<User> {
  const user = await users.findByName(name);
  if (user?.id === id) return user;
  throw new RoomlineError('not-found', `there is no user ${name}`, { code: 'user-not-found' });
}

function isOf(inviter: User) {
  return (invitation: Invitation | undefined): invitation is Invitation => invitation?.inviter.id === inviter.id;
}

function requireReady(about: RosterFeedsOptions['about']): void {
  if (about().takesCalls) return;
  throw new RoomlineError('unavailable', 'this voice server takes no calls now', {
    code: NOT_READY,
    retryAfterSeconds: RETRY_WHEN_NOT_READY_SECONDS,
  });
}

import type { Log } from '../log.js';
import type { Guest } from '../rooms/admission.js';
import type { ContactBinding, ContactBindingStore } from '../rooms/contact-binding.js';
import type { User } from '../rooms/user.js';
import { userOf } from './address.js';
import type { Authenticate } from './digest.js';
import { aorUserOf } from './identity.js';
import { KeyedQueue } from './keyed-queue.js';
import { type ExpiryLimits, type RequestedContact, readRegister } from './register-contacts.js';
import type { IncomingRequest, Reply } from './sip-server.js';

export interface RegistrarOptions {
  limits: ExpiryLimits & { maxContacts: number };
  authenticate: Authenticate;
  contacts: ContactBindingStore;
  log: Log;
  now?: () => number;
}

/** Keeps where users can be reached (RFC 3261 section 10.3). */
export interface Registrar {
  register(request: IncomingRequest): Promise<void>;
  /** Removes a binding that proved dead, unless it was refreshed since it was looked at. */
  removeDead(binding: ContactBinding): Promise<boolean>;
}

/** A REGISTER's place among those of its call. */
interface Order {
  readonly callId: string;
  readonly cseq: number;
}

/** A REGISTER of somebody who has shown who they are. */
interface Registration {
  readonly request: IncomingRequest;
  readonly user: Pick<User, 'id' | 'name'>;
  readonly order: Order;
  readonly now: number;
}

interface Changes {
  readonly put: readonly ContactBinding[];
  readonly remove: readonly string[];
}

export function createRegistrar(options: RegistrarOptions): Registrar {
  const { limits, authenticate, contacts, log } = options;
  const now = options.now ?? Date.now;
  /** One user's REGISTERs change what the one before has left. */
  const queue = new KeyedQueue();

  async function answer(request: IncomingRequest, user: User): Promise<Reply> {
    const read = readRegister(request, limits);
    if ('refusal' in read) return read.refusal;
    const { wish } = read;
    const order = readOrder(request);
    if (order === undefined) return { status: 400, reason: 'Unreadable CSeq' };
    return queue.run(user.id, async () => {
      const current = await contacts.findByUser(user.id, new Date(now()));
      if (wish.kind === 'query') return listing(current, [], now());
      const wanted =
        wish.kind === 'remove-all'
          ? current.map(({ contactUri }) => ({ uri: contactUri, expiresSeconds: 0 }))
          : wish.contacts;
      if (wanted.some((contact) => isOutOfOrder(find(current, contact.uri), order))) {
        return { status: 500, reason: 'CSeq Is Not Higher Than Before', headers: { 'Retry-After': '1' } };
      }
      const changes = plan({ request, user, order, now: now() }, current, wanted);
      const after = merge(current, changes);
      if (after.length > limits.maxContacts && after.length > current.length) {
        return { status: 403, reason: 'Too Many Contacts' };
      }
      await contacts.apply(user.id, changes);
      log.debug({ user: user.name, put: changes.put.length, removed: changes.remove.length }, 'contacts registered');
      return listing(after, wanted, now());
    });
  }

  /** Nobody calls a guest, so nothing is kept; the answer lets the stack keep the way to them open. */
  function answerGuest(request: IncomingRequest, guest: Guest): Reply {
    const read = readRegister(request, limits);
    if ('refusal' in read) return read.refusal;
    const wanted = read.wish.kind === 'change' ? read.wish.contacts : [];
    const order = readOrder(request);
    if (order === undefined) return { status: 400, reason: 'Unreadable CSeq' };
    if (wanted.length > limits.maxContacts) return { status: 403, reason: 'Too Many Contacts' };
    const { put } = plan({ request, user: { id: guest.id, name: guest.name }, order, now: now() }, [], wanted);
    return listing(put, wanted, now());
  }

  return {
    async register(request) {
      const authentication = await authenticate(request);
      if (!authentication.authenticated) return request.reply(authentication.reply);
      const { identity } = authentication;
      if (userOf(request.header('to')) !== aorUserOf(identity)) {
        return request.reply({ status: 403, reason: 'Not Your Address Of Record' });
      }
      return request.reply(
        'user' in identity ? await answer(request, identity.user) : answerGuest(request, identity.guest),
      );
    },
    removeDead: (binding) =>
      queue.run(binding.userId, async () => {
        const present = find(await contacts.findByUser(binding.userId, new Date(now())), binding.contactUri);
        if (present === undefined || !sameRegistration(present, binding)) return false;
        await contacts.apply(binding.userId, { put: [], remove: [binding.contactUri] });
        return true;
      }),
  };
}

/** What a REGISTER changes. */
function plan(
  { request, user, order, now }: Registration,
  current: readonly ContactBinding[],
  wanted: readonly RequestedContact[],
): Changes {
  const registeredAt = new Date(now);
  const toBinding = ({ uri, expiresSeconds }: RequestedContact): ContactBinding => ({
    userId: user.id,
    userName: user.name,
    contactUri: uri,
    ...order,
    transport: request.source.transport,
    sourceAddress: request.source.address,
    sourcePort: request.source.port,
    userAgent: (request.header('user-agent') ?? '').slice(0, 255),
    registeredAt,
    expiresAt: new Date(registeredAt.getTime() + expiresSeconds * 1000),
  });
  // Of a URI named twice the last counts.
  const last = new Map(wanted.map((contact) => [contact.uri, contact]));
  const put = [...last.values()].filter((contact) => contact.expiresSeconds > 0).map(toBinding);
  const remove = [...last.values()]
    .filter((contact) => contact.expiresSeconds === 0 && find(current, contact.uri) !== undefined)
    .map((contact) => contact.uri);
  return { put, remove };
}

/** 200 with every binding. Those asked for come first: a flow is kept for as long as the first one says. */
function listing(bindings: readonly ContactBinding[], wanted: readonly RequestedContact[], now: number): Reply {
  const asked = new Set(wanted.map((contact) => contact.uri));
  const ordered = [...bindings].sort((a, b) => Number(asked.has(b.contactUri)) - Number(asked.has(a.contactUri)));
  const lines = ordered.map((binding) => {
    const seconds = Math.max(0, Math.ceil((binding.expiresAt.getTime() - now) / 1000));
    return `<${binding.contactUri}>;expires=${seconds}`;
  });
  const headers: Record<string, string> = { Date: new Date(now).toUTCString() };
  if (lines.length > 0) headers.Contact = lines.join(', ');
  else if (wanted.length > 0) headers.Expires = '0';
  return { status: 200, headers };
}

function find(bindings: readonly ContactBinding[], uri: string): ContactBinding | undefined {
  return bindings.find((binding) => binding.contactUri === uri);
}

function merge(current: readonly ContactBinding[], changes: Changes): ContactBinding[] {
  const gone = new Set([...changes.remove, ...changes.put.map((binding) => binding.contactUri)]);
  return [...changes.put, ...current.filter((binding) => !gone.has(binding.contactUri))];
}

function isOutOfOrder(binding: ContactBinding | undefined, order: Order): boolean {
  return binding !== undefined && binding.callId === order.callId && order.cseq <= binding.cseq;
}

function sameRegistration(left: ContactBinding, right: ContactBinding): boolean {
  return left.callId === right.callId && left.cseq === right.cseq && left.sourcePort === right.sourcePort;
}

function readOrder(request: IncomingRequest): Order | undefined {
  const callId = request.header('call-id');
  const cseq = /^(\d{1,10})\s/.exec(request.header('cseq') ?? '')?.[1];
  if (callId === undefined || cseq === undefined || Number(cseq) > 0xffff_ffff) return undefined;
  return callId.length > 255 ? undefined : { callId, cseq: Number(cseq) };
}

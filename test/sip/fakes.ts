import type { ContactBinding, ContactBindingStore, FlowTransport } from '../../gateway/rooms/contact-binding.js';
import {
  type Invitation,
  type InvitationChange,
  type InvitationState,
  type InvitationStore,
  isFinished,
} from '../../gateway/rooms/invitations.js';
import type { Room, RoomFinder, Standing } from '../../gateway/rooms/room.js';
import type { SipAccount, SipAccountStore } from '../../gateway/rooms/sip-account.js';
import type { User, UserStore } from '../../gateway/rooms/user.js';
import { hashSecret } from '../../gateway/sip/digest-credentials.js';

export const REALM = 'roomline';
export const OFFER = 'v=0\r\no=phone 1 1 IN IP4 127.0.0.1\r\n';

export function user(name: string, groupIds: readonly string[] = ['engineering']): User {
  const memberships = groupIds.map((groupId) => ({
    groupId,
    group: groupId,
    title: groupId,
    role: 'member' as const,
    hasPin: false,
  }));
  return {
    id: `id-${name}`,
    name,
    displayName: name.toUpperCase(),
    admin: false,
    revokedBefore: new Date(0),
    memberships,
  };
}

export function users(...all: readonly User[]): UserStore {
  return {
    findByName: async (name) => all.find((candidate) => candidate.name === name),
    findByExternalId: async () => undefined,
    findPasswordHash: async () => undefined,
  };
}

/** A phone of a user, registered for a minute. */
export function binding(owner: Pick<User, 'id' | 'name'>, device: string, transport: FlowTransport): ContactBinding {
  return {
    userId: owner.id,
    userName: owner.name,
    contactUri: `sip:${device}@192.0.2.1`,
    callId: device,
    cseq: 1,
    transport,
    sourceAddress: '192.0.2.1',
    sourcePort: 5060,
    userAgent: '',
    registeredAt: new Date(),
    expiresAt: new Date(Date.now() + 60_000),
  };
}

export const ROOM: Room = {
  number: '2000',
  kind: 'group',
  title: 'Engineering',
  groupId: 'engineering',
  hasPin: false,
};

/** Rooms in a list; `standing` is everybody's in all of them. */
export function finder(
  rooms: readonly Room[],
  options: { standing?: Standing | undefined; onLook?(number: string): Promise<void> } = {},
): RoomFinder {
  const find = async (number: string) => {
    await options.onLook?.(number);
    return rooms.find((room) => room.number === number);
  };
  return {
    find,
    async findFor(number) {
      const room = await find(number);
      return room && { room, ...(options.standing === undefined ? {} : { standing: options.standing }) };
    },
  };
}

export class MemoryInvitations implements InvitationStore {
  readonly invitations = new Map<string, Invitation>();
  /** Every state an invitation went through, in order. */
  readonly states: string[] = [];
  #count = 0;

  /** Writes invitations down as a request does. */
  create(room: string, ...to: Invitation['to'][]): Invitation[] {
    return to.map((invitee) => {
      const id = `invitation-${++this.#count}`;
      const invitation: Invitation = {
        id,
        room,
        inviter: { id: 'id-alice', name: 'alice' },
        to: invitee,
        state: 'queued',
        tries: 0,
        createdAt: new Date(),
        updatedAt: new Date(),
      };
      this.invitations.set(id, invitation);
      return invitation;
    });
  }

  async listByRoom(room: string): Promise<Invitation[]> {
    return [...this.invitations.values()].filter((invitation) => invitation.room === room);
  }

  async find(id: string): Promise<Invitation | undefined> {
    return this.invitations.get(id);
  }

  async listUnfinished(): Promise<Invitation[]> {
    return [...this.invitations.values()].filter((invitation) => !isFinished(invitation));
  }

  async update(id: string, change: InvitationChange, unless: readonly InvitationState[]): Promise<boolean> {
    const invitation = this.invitations.get(id);
    if (invitation === undefined || unless.includes(invitation.state)) return false;
    const { cause: _cause, nextTryAt: _nextTryAt, ...kept } = invitation;
    this.invitations.set(id, { ...kept, ...change, updatedAt: new Date() });
    this.states.push(`${id} ${change.state}`);
    return true;
  }

  async advance({ id, tries }: Pick<Invitation, 'id' | 'tries'>, change: InvitationChange): Promise<boolean> {
    const invitation = this.invitations.get(id);
    if (invitation === undefined || isFinished(invitation) || invitation.tries !== tries) return false;
    return this.update(id, change, []);
  }
}

/** Accounts whose secret is `NAME-demo`. */
export function sipAccounts(accounts: Readonly<Record<string, SipAccount['algorithm']>>): SipAccountStore {
  return {
    async findByUserName(userName) {
      const algorithm = accounts[userName];
      if (algorithm === undefined) return undefined;
      return { userName, algorithm, ha1: hashSecret(algorithm, userName, REALM, `${userName}-demo`) };
    },
  };
}

export class MemoryContacts implements ContactBindingStore {
  bindings: ContactBinding[] = [];

  async findByUser(userId: string, now: Date): Promise<ContactBinding[]> {
    return this.bindings.filter((binding) => binding.userId === userId && binding.expiresAt > now);
  }

  async apply(userId: string, changes: { put: readonly ContactBinding[]; remove: readonly string[] }): Promise<void> {
    const gone = new Set([...changes.remove, ...changes.put.map(({ contactUri }) => contactUri)]);
    this.bindings = this.bindings.filter((binding) => binding.userId !== userId || !gone.has(binding.contactUri));
    this.bindings.push(...changes.put);
  }

  async all(now: Date): Promise<ContactBinding[]> {
    return this.bindings.filter((binding) => binding.expiresAt > now);
  }

  async purgeExpired(now: Date): Promise<number> {
    const before = this.bindings.length;
    this.bindings = this.bindings.filter((binding) => binding.expiresAt > now);
    return before - this.bindings.length;
  }
}

/** A promise and what settles it. */
export function gate(): { closed: Promise<void>; open: () => void } {
  let open = (): void => {};
  const closed = new Promise<void>((resolve) => {
    open = resolve;
  });
  return { closed, open };
}

/** Lets everything run that waits for no timer and no I/O. */
export function settle(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}

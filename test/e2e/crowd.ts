import assert from 'node:assert/strict';
import type { Invitation } from '../../gateway/rooms/invitations.js';
import { isFinished } from '../../gateway/rooms/invitations.js';
import type { Store } from '../../gateway/store/store.js';
import { addUsers, mustFindUser } from '../store/people.js';
import type { ApiClient } from '../support/api-client.js';
import { eventually } from '../support/eventually.js';
import { type Behaviour, InvitedPhones } from '../support/invited-phones.js';
import { yamlFile } from '../support/yaml-file.js';

/** How many have a phone that behaves so, and what becomes of their invitations. */
export const PHONES: readonly [Behaviour, number, string, { tries: number }][] = [
  ['busy', 5, 'busy 486', { tries: 2 }],
  ['refuses the call', 5, 'declined 603', { tries: 1 }],
  ['is broken', 4, 'failed 500', { tries: 1 }],
  ['rings forever', 5, 'no-answer', { tries: 2 }],
  ['silent', 4, 'no-answer no-response', { tries: 2 }],
  ['presses 1', 6, 'joined', { tries: 1 }],
  ['presses 1 at once', 5, 'joined', { tries: 1 }],
  ['presses 1 by INFO', 5, 'joined', { tries: 1 }],
  ['presses 2', 4, 'declined', { tries: 1 }],
  ['never presses', 4, 'voicemail', { tries: 1 }],
  ['hangs up', 3, 'no-answer hung-up', { tries: 2 }],
];
export const A_FEW: typeof PHONES = [
  ['busy', 2, 'busy 486', { tries: 2 }],
  ['rings forever', 3, 'no-answer', { tries: 2 }],
  ['presses 1', 3, 'joined', { tries: 1 }],
  ['never presses', 4, 'voicemail', { tries: 1 }],
];
export const JOINED = PHONES.reduce((sum, [, count, outcome]) => (outcome === 'joined' ? sum + count : sum), 0);
export const AT_ONCE = 10;
export const DEADLINE_MS = 300_000;

export const settings = (more: object = {}) => ({
  ROOMLINE_CONFIG: yamlFile({
    ...more,
    invitations: { ringSeconds: 6, ringingPerRoom: AT_ONCE, tries: 2, retrySeconds: 2 },
    // These phones send nothing while they listen, and know no OPTIONS outside of a call.
    liveness: { optionsIntervalSeconds: 3600 },
    media: { rtpIdleSeconds: 3600 },
  }),
});

export const outcome = ({ state, cause }: Pick<Invitation, 'state' | 'cause'>) =>
  cause === undefined ? state : `${state} ${cause}`;
export const nameOf = ({ to }: Invitation) => ('user' in to ? to.user.name : to.tel);

/** A group's members and their phones, and what is to become of their invitations. */
export class Crowd {
  readonly group = 'crowd';
  readonly phones: InvitedPhones[] = [];
  /** What becomes of whom. */
  readonly expected = new Map<string, { outcome: string; tries: number }>();

  get size(): number {
    return this.expected.size;
  }

  /** Writes the members of a group whose moderator is the demo's alice, each with a phone that can be called. */
  async move(store: Store, have: typeof PHONES = PHONES): Promise<void> {
    const alice = await mustFindUser(store, 'alice');
    const groupId = await store.transaction(async (unit) => {
      const id = await unit.createGroup({ name: this.group, title: 'The Crowd' });
      await unit.addMember({ groupId: id, userId: alice.id, role: 'moderator' });
      return id;
    });
    for (const [behaviour, count, what, { tries }] of have) {
      const phones = await InvitedPhones.open(behaviour);
      this.phones.push(phones);
      for (let index = 1; index <= count; index++) {
        const name = `${behaviour.replaceAll(' ', '-')}-${index}`.toLowerCase();
        this.expected.set(name, { outcome: what, tries });
        const [user] = await addUsers(store, name);
        await store.transaction((unit) => unit.addMember({ groupId, userId: user.id, role: 'member' }));
        await store.contactBindings.apply(user.id, { put: [contactOf(user, phones.port)], remove: [] });
      }
    }
  }

  /** How often each was called. */
  calls(): Map<string, number> {
    return new Map(this.phones.flatMap((phones) => [...phones.calls()]));
  }

  async close(): Promise<void> {
    this.expected.clear();
    await Promise.all(this.phones.splice(0).map((phones) => phones.close()));
  }
}

function contactOf(user: { id: string; name: string }, port: number) {
  return {
    userId: user.id,
    userName: user.name,
    contactUri: `sip:${user.name}@127.0.0.1:${port}`,
    callId: user.name,
    cseq: 1,
    transport: 'udp',
    sourceAddress: '127.0.0.1',
    sourcePort: port,
    userAgent: 'sipp',
    registeredAt: new Date(),
    expiresAt: new Date(Date.now() + 3600_000),
  } as const;
}

export async function inviteAll(api: ApiClient, { group, size }: Crowd): Promise<string> {
  const { status, body } = await api.request<{ room: { number: string }; invitations: unknown[] }>(
    'alice',
    'POST',
    '/v1/voice-requests',
    { kind: 'voice-communication-invitation', group, invite: 'all' },
  );
  assert.equal(status, 201, JSON.stringify(body));
  assert.equal(body.invitations.length, size);
  return body.room.number;
}

export const allFinished = (store: Store, { size }: Crowd, number: string) =>
  eventually(
    'all invitations to be finished',
    () => store.invitations.listByRoom(number),
    (all) => all.length === size && all.every(isFinished),
    DEADLINE_MS,
  );

import assert from 'node:assert/strict';
import { type Api, createApi, type VoiceRequest, type VoiceRoom } from '../../web-softphone/phone/api.js';
import { asDevice, byGroup, byNumber, byPin, byRequest } from '../../web-softphone/phone/entrance.js';
import type { RoomFacts } from '../../web-softphone/phone/room-view.js';
import { roomTitle } from '../../web-softphone/view/room-title.js';

const ROOM: RoomFacts = {
  number: '655490',
  kind: 'temporary',
  title: 'Night shift',
  team: 'Night shift',
  uri: 'sip:655490@127.0.0.1',
  hasPin: false,
};
const CLIENT = { wsUrl: 'ws://127.0.0.1/sip', aor: 'sip:alice@127.0.0.1', username: 'u', password: 'p', expiresAt: '' };

describe('a way into a room', () => {
  let asked: { request: VoiceRequest; key: string | undefined }[];
  let api: Api;

  beforeEach(() => {
    asked = [];
    const nowhere = createApi({ baseUrl: '', token: () => undefined, onUnauthorized: () => undefined });
    api = {
      ...nowhere,
      async requestVoice(request, key): Promise<VoiceRoom> {
        asked.push({ request, key });
        return { room: ROOM, client: CLIENT };
      },
    };
  });

  const open = Promise.resolve();
  const makeKey = () => `key-${Math.random()}`;

  it('rings nobody before the microphone is open', async () => {
    let allow: () => void = () => undefined;
    const microphone = new Promise<void>((resolve) => {
      allow = resolve;
    });
    const request = { kind: 'exclusive-voice-communication-invitation', invite: ['bob'] } as const;
    const ticket = byRequest(api, request, { title: 'My room', makeKey }).open(microphone);
    await new Promise((resolve) => setImmediate(resolve));
    assert.equal(asked.length, 0);
    allow();
    assert.equal((await ticket).room.number, '655490');
    const refused = byRequest(api, request, { title: 'My room', makeKey }).open(Promise.reject(new Error('no')));
    await assert.rejects(refused);
    assert.equal(asked.length, 1);
  });

  it('asks at once where nobody is rung', async () => {
    const group = { name: 'engineering', title: 'Engineering', role: 'member' } as const;
    await byGroup(api, group).open(new Promise(() => undefined));
    assert.deepEqual(asked, [{ request: { kind: 'voice-communication', group: 'engineering' }, key: undefined }]);
  });

  it('uses one key however often it is tried, so that nobody is rung twice', async () => {
    const invite = { kind: 'temporary-voice-communication-invitation', invite: ['bob'] } as const;
    const entrance = byRequest(api, invite, { title: 'Team room', makeKey });
    await entrance.open(open);
    await entrance.open(open);
    assert.equal(new Set(asked.map(({ key }) => key)).size, 1);
    assert.notEqual(asked[0]?.key, undefined);
  });

  for (const [request, back] of [
    [
      { kind: 'voice-communication-invitation', group: 'sales', invite: 'all' },
      { kind: 'voice-communication', group: 'sales' },
    ],
    [
      { kind: 'temporary-voice-communication-invitation', invite: ['bob'] },
      { kind: 'temporary-voice-communication', team: 'Night shift' },
    ],
    [{ kind: 'exclusive-voice-communication-invitation', invite: ['bob'] }, { kind: 'exclusive-voice-communication' }],
  ] as const) {
    it(`leads back after ${request.kind} without inviting anybody anew`, async () => {
      await byRequest(api, request, { title: '', makeKey }).again(ROOM).open(open);
      assert.deepEqual(asked, [{ request: back, key: undefined }]);
    });
  }

  it('rings the desk phone where it is asked to, again too, until the browser is to be used', async () => {
    const request = { kind: 'temporary-voice-communication-invitation', invite: ['bob'] } as const;
    const entrance = byRequest(api, asDevice(request, 'desk-phone'), { title: '', makeKey });
    assert.equal(entrance.device, 'desk-phone');
    await entrance.open(open);
    await entrance.again(ROOM).open(open);
    await entrance.again(ROOM, 'softphone').open(open);
    const team = { kind: 'temporary-voice-communication', team: 'Night shift' };
    assert.deepEqual(
      asked.map(({ request: one }) => one),
      [{ ...request, device: 'desk-phone' }, { ...team, device: 'desk-phone' }, team],
    );
  });

  it('by a number or a PIN leads back the same way', async () => {
    const looked: string[] = [];
    const guests: string[] = [];
    const deps: Api = {
      ...api,
      async room(number) {
        looked.push(number);
        return { ...ROOM, participants: [] };
      },
      async enterAsGuest(number, name, pin) {
        guests.push(`${number} ${name} ${pin}`);
        return { room: ROOM, client: CLIENT };
      },
    };
    await byNumber(deps, '655490').again(ROOM).open(open);
    assert.deepEqual(looked, ['655490']);
    await byPin(deps, { number: '655490', name: 'Grace', pin: '4321' }).again(ROOM).open(open);
    assert.deepEqual(guests, ['655490 Grace 4321']);
  });
});

describe('what a room is called', () => {
  it('is its title, whose it is, or that it is a team’s where the identifier was made up', () => {
    assert.equal(roomTitle({ kind: 'group', title: 'Engineering' }), 'Engineering');
    assert.equal(roomTitle({ kind: 'temporary', title: 'Night shift' }), 'Night shift');
    assert.equal(roomTitle({ kind: 'temporary', title: '0f8fad5b-d9cb-469f-a165-70867728950e' }), 'Team room');
    assert.equal(roomTitle({ kind: 'exclusive', title: 'Alice' }), 'Alice’s room');
    assert.equal(roomTitle({ kind: 'exclusive', title: 'Alice' }, true), 'My room');
  });
});

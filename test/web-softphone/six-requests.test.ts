import assert from 'node:assert/strict';
import type { Page } from 'playwright-core';
import { closeBrowsers, TestBrowser } from '../support/browser.js';
import { TestGateway } from '../support/gateway.js';
import { hearsExactly } from '../support/hearing.js';
import { Softphone } from '../support/softphone.js';

const ALICE_HZ = 500;
const BOB_HZ = 900;
const GUEST_HZ = 1300;
const TONES = [ALICE_HZ, BOB_HZ, GUEST_HZ];

describe('the six voice requests, from the page', function () {
  this.timeout(120_000);
  let gateway: TestGateway;

  before(async () => {
    gateway = await TestGateway.start();
  });
  after(() => gateway.stop());
  afterEach(async () => {
    await closeBrowsers();
    await gateway.holdsNothing();
  });

  const alice = () => logIn('alice', ALICE_HZ);
  const bob = () => logIn('bob', BOB_HZ);

  /** Logged in, and registered: whoever invites them makes their page ring. */
  async function logIn(user: string, toneHz: number): Promise<Softphone> {
    const phone = await Softphone.start(gateway.httpUrl, user, { toneHz });
    await phone.page.locator('[data-reachable=true]').waitFor();
    return phone;
  }

  const inRoom = (page: Page) => page.locator('main[data-call=in-room]').waitFor();
  const invitee = (page: Page, user: string, state: string) =>
    page.locator(`[data-invitee=${user}][data-state=${state}]`).waitFor();
  const numberOf = async (page: Page) => (await page.locator('.number').textContent()) ?? '';

  /** Fills in the dialog for a new room, and enters. */
  async function enterNew(page: Page, place: 'group' | 'team' | 'own', fill?: (page: Page) => Promise<void>) {
    await page.locator('[data-action=new]').click();
    await page.locator(`[data-place=${place}] input`).check();
    await fill?.(page);
    await page.locator('[data-action=enter-new]').click();
  }

  const pick = (user: string) => (page: Page) => page.locator(`[data-pick="${user}"]`).click();

  async function bothHear(one: Softphone, other: Softphone): Promise<void> {
    await hearsExactly('alice', one, [BOB_HZ], TONES);
    await hearsExactly('bob', other, [ALICE_HZ], TONES);
  }

  it('enters the room of a group, with a click on it', async () => {
    const { page } = await alice();
    await page.locator('[data-group=engineering]').click();
    await inRoom(page);
    assert.equal(await page.locator('main').getAttribute('data-kind'), 'group');
  });

  it('enters the room of a group and rings everyone in it; who accepts is heard and hears', async () => {
    const [caller, called] = [await alice(), await bob()];
    await caller.page.getByRole('button', { name: 'Invite people to Engineering' }).click();
    await caller.page.locator('[data-pick="*"]').click();
    await caller.page.locator('[data-action=enter-new]').click();
    const ring = called.page.locator('[data-ring]');
    await ring.getByText('Alice invites you').waitFor();
    await ring.getByText('Engineering').waitFor();
    await invitee(caller.page, 'bob', 'ringing');
    await invitee(caller.page, 'carol', 'unreachable');
    assert.match(await called.page.title(), /^Alice invites you/);
    await ring.locator('[data-action=accept]').click();
    await inRoom(called.page);
    await invitee(caller.page, 'bob', 'joined');
    assert.equal(await numberOf(called.page), await numberOf(caller.page));
    await bothHear(caller, called);
    assert.equal(await called.page.title(), 'Roomline');
  });

  it('lets who invited take it back after a reload too, without being a moderator', async () => {
    const { page } = await bob();
    const cancelled = page.locator('[data-invitee=carol] [data-action=cancel-invitation]');
    await page.getByRole('button', { name: 'Invite people to Engineering' }).click();
    await pick('carol')(page);
    await page.locator('[data-action=enter-new]').click();
    await invitee(page, 'carol', 'unreachable');
    await page.reload();
    await page.locator('[data-group=engineering]').click();
    await inRoom(page);
    await cancelled.click();
    await invitee(page, 'carol', 'cancelled');
    assert.equal(await cancelled.count(), 0);
  });

  it('makes a room for a team, which others enter by the same identifier', async () => {
    const [one, other] = [await alice(), await bob()];
    const fill = (page: Page) => page.getByLabel('Team identifier').fill('Night shift');
    await enterNew(one.page, 'team', fill);
    await inRoom(one.page);
    await one.page.getByRole('heading', { name: 'Night shift' }).waitFor();
    await one.page.locator('[data-ends]').waitFor();
    await enterNew(other.page, 'team', fill);
    await inRoom(other.page);
    assert.equal(await numberOf(other.page), await numberOf(one.page));
    await bothHear(one, other);
    await one.page.locator('[data-action=leave]').click();
    await one.page.locator('.recent').getByText('Night shift').click();
    await inRoom(one.page);
    assert.equal(await numberOf(one.page), await numberOf(other.page));
  });

  it('makes a room for people who have no room yet, and says what became of each', async () => {
    const [caller, called] = [await alice(), await bob()];
    await enterNew(caller.page, 'team', async (page) => {
      await pick('bob')(page);
      await page.locator('input[name=invitee]').fill('erin');
      await page.keyboard.press('Enter');
    });
    const ring = called.page.locator('[data-ring]');
    await ring.getByText('Team room').waitFor();
    await ring.locator('[data-action=decline]').click();
    await invitee(caller.page, 'bob', 'declined');
    await invitee(caller.page, 'erin', 'unreachable');
    await called.page.locator('[data-ring]').waitFor({ state: 'detached' });
  });

  it('enters the user’s own room, with a click on it', async () => {
    const { page } = await alice();
    await page.locator('[data-room=own]').click();
    await inRoom(page);
    assert.equal(await page.locator('main').getAttribute('data-kind'), 'exclusive');
    await page.getByRole('heading', { name: 'My room' }).waitFor();
    await page.locator('.participant[data-user=alice][data-role=owner]').waitFor();
  });

  it('invites into the user’s own room; who was in another room leaves it after being asked', async () => {
    const [caller, called] = [await alice(), await bob()];
    await called.enter('engineering');
    await caller.page.getByRole('button', { name: 'Invite people to My room' }).click();
    await pick('bob')(caller.page);
    await caller.page.locator('[data-action=enter-new]').click();
    const ring = called.page.locator('[data-ring]');
    await ring.getByText('Alice invites you').waitFor();
    await ring.locator('[data-action=accept]').click();
    await ring.getByText('You leave Engineering.').waitFor();
    await ring.locator('[data-action=leave-and-accept]').click();
    await called.page.getByRole('heading', { name: 'Alice’s room' }).waitFor();
    await inRoom(called.page);
    await bothHear(caller, called);
    assert.equal(await called.page.locator('[data-action=invite-more]').count(), 0, 'who is invited invites nobody');
  });

  it('invites more people from within, stops calling them, and tells the API’s words of unknown names', async () => {
    const [caller, called] = [await alice(), await bob()];
    await caller.enter('engineering');
    await caller.page.locator('[data-action=invite-more]').click();
    await caller.page.locator('input[name=invitee]').fill('zoe');
    await caller.page.locator('[data-action=ring]').click();
    await caller.page.getByText('There is no user zoe to invite.').waitFor();
    await caller.page.getByRole('button', { name: 'Take zoe off the list' }).click();
    await pick('bob')(caller.page);
    await caller.page.locator('[data-action=ring]').click();
    await invitee(caller.page, 'bob', 'ringing');
    await called.page.locator('[data-ring]').waitFor();
    await caller.page.getByRole('button', { name: 'Stop calling Bob' }).click();
    await called.page.locator('[data-ring]').waitFor({ state: 'detached' });
    await invitee(caller.page, 'bob', 'cancelled');
  });

  it('lets a guest in by a link and a PIN, who hears and is heard, and no more once the PIN is gone', async () => {
    const host = await alice();
    await host.enter('engineering');
    await host.page.locator('[data-action=set-pin]').click();
    await host.page.locator('[data-action=confirm-pin]').click();
    const pin = (await host.page.locator('[data-pin]').getAttribute('data-pin')) ?? '';
    assert.match(pin, /^\d{4,12}$/);
    await host.page.getByRole('button', { name: 'Done' }).click();
    const link = await host.page.locator('[data-copies*="/join/"]').getAttribute('data-copies');

    const guest = await TestBrowser.start({ toneHz: GUEST_HZ });
    const complaints: string[] = [];
    guest.page.on('pageerror', (error) => complaints.push(error.message));
    await guest.page.goto(link ?? '');
    await guest.page.getByRole('button', { name: 'I am a guest' }).click();
    await guest.page.getByLabel('Your name').fill('Grace');
    await guest.page.getByLabel('PIN').fill(pin === '0000' ? '1111' : '0000');
    await guest.page.locator('[data-action=enter-as-guest]').click();
    await guest.page.locator('[role=alert][data-problem=wrong-pin]').waitFor();
    await guest.page.getByLabel('PIN').fill(pin);
    await guest.page.locator('[data-action=enter-as-guest]').click();
    await inRoom(guest.page);
    await host.page.locator('.participant', { hasText: 'Grace' }).getByText('Guest').waitFor();
    await hearsExactly('alice', host, [GUEST_HZ], TONES);
    await hearsExactly('the guest', guest, [ALICE_HZ], TONES);
    assert.equal(await guest.page.locator('.roster, [data-action=set-pin]').count(), 0);

    await host.page.locator('[data-action=remove-pin]').click();
    await guest.page.locator('main[data-call=ended]').waitFor();
    assert.deepEqual(complaints, [], 'what the browser complained about');
    await host.page.locator('.participant', { hasText: 'Grace' }).waitFor({ state: 'detached' });
  });

  it('enters a room of any kind by its link', async () => {
    const [host, visitor] = [await alice(), await bob()];
    await enterNew(host.page, 'own', pick('bob'));
    await inRoom(host.page);
    await visitor.page.locator('[data-ring] [data-action=decline]').click();
    await visitor.page.goto(`${gateway.httpUrl}/join/${await numberOf(host.page)}`);
    await inRoom(visitor.page);
    await bothHear(host, visitor);
  });

  it('shows a listener that there is nothing to mute, until a moderator lets them speak', async () => {
    const [moderator, listener] = [await alice(), await bob()];
    await moderator.enter('engineering');
    await listener.enter('engineering');
    await bothHear(moderator, listener);
    await moderator.page.getByLabel('Role of Bob').selectOption('listener');
    await listener.page.getByText('You are a listener here').waitFor();
    assert.equal(await listener.page.locator('[data-action=mute-self]').count(), 0);
    await hearsExactly('alice', moderator, [], TONES);
    await moderator.page.getByLabel('Role of Bob').selectOption('speaker');
    await listener.page.locator('[data-action=mute-self][data-muted=false]').waitFor();
    await bothHear(moderator, listener);
  });

  it('rings for several at once; each goes on by itself', async () => {
    const called = await bob();
    const moderator = await alice();
    const other = await logIn('carol', GUEST_HZ);
    await enterNew(moderator.page, 'own', pick('bob'));
    await enterNew(other.page, 'own', pick('bob'));
    const rings = called.page.locator('[data-ring]');
    const from = (name: string) => rings.filter({ hasText: `${name} invites you` });
    await from('Alice').waitFor();
    await from('Carol').waitFor();
    await other.page.getByRole('button', { name: 'Stop calling Bob' }).click();
    await from('Carol').waitFor({ state: 'detached' });
    await from('Alice').locator('[data-action=accept]').click();
    await inRoom(called.page);
    await called.page.getByRole('heading', { name: 'Alice’s room' }).waitFor();
    assert.equal(await rings.count(), 0);
  });

  it('is rung after its connection was lost and found again, over a dialog that is open', async () => {
    const [caller, called] = [await alice(), await bob()];
    const another = called.page.waitForEvent('websocket');
    await called.page.evaluate('dispatchEvent(new Event("online"))');
    await another;
    await called.page.locator('[data-reachable=true]').waitFor();
    await called.page.locator('[data-action=new]').click();
    await enterNew(caller.page, 'own', pick('bob'));
    await called.page.locator('dialog [data-ring] [data-action=accept]').click();
    await inRoom(called.page);
    assert.equal(await called.page.getByRole('dialog').count(), 0);
    await bothHear(caller, called);
  });

  it('stops ringing where it was not answered, once another page of the user has', async () => {
    const [caller, called, another] = [await alice(), await bob(), await bob()];
    await enterNew(caller.page, 'team', pick('bob'));
    await another.page.locator('[data-ring]').waitFor();
    await called.page.locator('[data-ring] [data-action=accept]').click();
    await inRoom(called.page);
    await another.page.locator('[data-ring]').waitFor({ state: 'detached' });
    await invitee(caller.page, 'bob', 'joined');
  });
});

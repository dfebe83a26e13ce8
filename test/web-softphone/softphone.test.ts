import assert from 'node:assert/strict';
import type { Page } from 'playwright-core';
import { closeBrowsers, TestBrowser } from '../support/browser.js';
import { freePort } from '../support/free-port.js';
import { type GatewayEnvironment, GatewayProcess, TestGateway } from '../support/gateway.js';
import { hearsExactly } from '../support/hearing.js';
import { temporaryFolder } from '../support/temporary-folder.js';

const ALICE_HZ = 500;
const BOB_HZ = 900;
const CAROL_HZ = 1300;
const TONES = [ALICE_HZ, BOB_HZ, CAROL_HZ];
/** Of one who goes without a BYE it takes longer to find out: 8 s of silence, and 8 s without an answer. */
const SOONER_THAN_ASKED_MS = 15_000;
/** Runs in the page, and ends when it says that it reconnects: that may be over before anybody has looked. */
const CHANGE_NETWORK = `new Promise((resolve) => {
  const look = () => document.querySelector('main[data-call=reconnecting]') && resolve();
  new MutationObserver(look).observe(document.body, { subtree: true, childList: true, attributes: true });
  dispatchEvent(new Event('online'));
})`;

describe('the softphone, in a real browser with a real gateway', function () {
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

  async function logIn(user: string, toneHz: number): Promise<TestBrowser> {
    const browser = await TestBrowser.start({ toneHz });
    await browser.page.goto(gateway.httpUrl);
    await browser.page.getByLabel('User name').fill(user);
    await browser.page.getByLabel('Password').fill(`${user}-demo`);
    await browser.page.getByRole('button', { name: 'Log in' }).click();
    return browser;
  }

  async function enter(user: string, toneHz: number): Promise<TestBrowser> {
    const browser = await logIn(user, toneHz);
    await browser.page.locator('[data-group=engineering]').click();
    await inRoom(browser.page);
    return browser;
  }

  const inRoom = (page: Page) => page.locator('main[data-call=in-room]').waitFor();
  const row = (page: Page, user: string) => page.locator(`.participant[data-user=${user}]`);
  const problem = (page: Page, code: string) => page.locator(`[role=alert][data-problem=${code}]`);

  it('lets people hear each other and nobody himself, and shows who is there and who talks', async () => {
    const alice = await enter('alice', ALICE_HZ);
    const bob = await enter('bob', BOB_HZ);
    await hearsExactly('alice', alice, [BOB_HZ], TONES);
    await hearsExactly('bob', bob, [ALICE_HZ], TONES);
    for (const { page } of [alice, bob]) {
      await page.locator('.participant[data-user=alice][data-talking=true]').waitFor();
      await page.locator('.participant[data-user=bob][data-talking=true]').waitFor();
    }
    assert.match((await row(alice.page, 'alice').textContent()) ?? '', /\(you\)/);
    assert.doesNotMatch((await row(alice.page, 'bob').textContent()) ?? '', /\(you\)/);

    const carol = await enter('carol', CAROL_HZ);
    await hearsExactly('carol', carol, [ALICE_HZ, BOB_HZ], TONES);
    await hearsExactly('alice', alice, [BOB_HZ, CAROL_HZ], TONES);
    await bob.page.getByRole('button', { name: 'Leave' }).click();
    await bob.page.getByRole('heading', { name: 'Your rooms' }).waitFor();
    await row(alice.page, 'bob').waitFor({ state: 'detached' });
    await hearsExactly('alice', alice, [CAROL_HZ], TONES);
  });

  it('mutes itself for the others to see, and is heard again', async () => {
    const alice = await enter('alice', ALICE_HZ);
    const bob = await enter('bob', BOB_HZ);
    await hearsExactly('alice', alice, [BOB_HZ], TONES);
    await bob.page.getByRole('button', { name: 'Mute', exact: true }).click();
    await alice.page.locator('.participant[data-user=bob][data-muted=true]').waitFor();
    await hearsExactly('alice', alice, [], TONES);
    await bob.page.getByRole('button', { name: 'Unmute', exact: true }).click();
    await alice.page.locator('.participant[data-user=bob][data-muted=false]').waitFor();
    await hearsExactly('alice', alice, [BOB_HZ], TONES);
  });

  it('tells the one a moderator mutes, and the one a moderator removes', async () => {
    const alice = await enter('alice', ALICE_HZ);
    const bob = await enter('bob', BOB_HZ);
    await hearsExactly('alice', alice, [BOB_HZ], TONES);
    await alice.page.getByRole('button', { name: /^Mute Bob/i }).click();
    await bob.page.getByText('A moderator muted you.').waitFor();
    await hearsExactly('alice', alice, [], TONES);
    await alice.page.getByRole('button', { name: /^Unmute Bob/i }).click();
    await bob.page.getByText('A moderator muted you.').waitFor({ state: 'detached' });
    await hearsExactly('alice', alice, [BOB_HZ], TONES);

    assert.equal(await bob.page.getByRole('button', { name: /^Remove/ }).count(), 0);
    await alice.page.getByRole('button', { name: /^Remove Bob/i }).click();
    await alice.page.getByRole('button', { name: 'Remove', exact: true }).click();
    await problem(bob.page, 'removed').waitFor();
    await row(alice.page, 'bob').waitFor({ state: 'detached' });
    await bob.page.getByRole('button', { name: 'Enter again' }).click();
    await inRoom(bob.page);
    await hearsExactly('alice', alice, [BOB_HZ], TONES);
  });

  it('sends the keypad’s digits, and shows the others’', async () => {
    const alice = await enter('alice', ALICE_HZ);
    const bob = await enter('bob', BOB_HZ);
    const shown = alice.page.locator('.participant[data-user=bob] [data-digit="7"]').waitFor();
    await bob.page.locator('.aside-keypad [data-digit="7"]').click();
    await shown;
    const byKey = alice.page.locator('.participant[data-user=bob] [data-digit="#"]').waitFor();
    await bob.page.keyboard.press('#');
    await byKey;
  });

  it('keeps the call through a short loss of its connection', async () => {
    const alice = await enter('alice', ALICE_HZ);
    const bob = await enter('bob', BOB_HZ);
    await hearsExactly('alice', alice, [BOB_HZ], TONES);
    const self = await row(alice.page, 'bob').getAttribute('data-participant');
    // The network changes: the page gives up its WebSocket and comes back over a new one.
    await bob.page.evaluate(CHANGE_NETWORK);
    await inRoom(bob.page);
    await hearsExactly('alice', alice, [BOB_HZ], TONES);
    await hearsExactly('bob', bob, [ALICE_HZ], TONES);
    assert.equal(await row(alice.page, 'bob').getAttribute('data-participant'), self);
  });

  it('leaves the room when the page is closed', async () => {
    const alice = await enter('alice', ALICE_HZ);
    const bob = await enter('bob', BOB_HZ);
    await row(alice.page, 'bob').waitFor();
    await bob.page.goto('about:blank');
    await row(alice.page, 'bob').waitFor({ state: 'detached', timeout: SOONER_THAN_ASKED_MS });
  });

  it('stays muted by its own wish when a moderator unmutes it', async () => {
    const alice = await enter('alice', ALICE_HZ);
    const bob = await enter('bob', BOB_HZ);
    await hearsExactly('alice', alice, [BOB_HZ], TONES);
    await bob.page.keyboard.press('m');
    await alice.page.locator('.participant[data-user=bob][data-muted=true]').waitFor();
    const events = await gateway.api.events('alice', await gateway.api.roomNumber('alice', 'engineering'));
    await alice.page.getByRole('button', { name: /^Unmute Bob/i }).click();
    const bobIs = (muted: boolean) =>
      events.find(`bob to be muted: ${muted}`, ({ name, data }) => {
        const { participant } = data;
        return name === 'participant.updated' && participant?.user === 'bob' && participant.muted === muted;
      });
    await bobIs(false);
    await bobIs(true);
    events.close();
    await bob.page.getByRole('button', { name: 'Unmute', exact: true }).waitFor();
    await hearsExactly('alice', alice, [], TONES);
  });
});

describe('the softphone, when the gateway restarts', function () {
  this.timeout(120_000);
  let gateway: GatewayProcess;
  let folder: string;
  let ports: GatewayEnvironment;
  let page: Page;

  const start = () => GatewayProcess.start({ ROOMLINE_DATA: folder, ...ports });

  beforeEach(async () => {
    folder = temporaryFolder('restart');
    // The ports are to be had again: nobody is given them meanwhile.
    ports = { ROOMLINE_HTTP_PORT: String(await freePort()), ROOMLINE_SIP_PORT: String(await freePort()) };
    gateway = await start();
    ({ page } = await TestBrowser.start({ toneHz: ALICE_HZ }));
    await page.goto(gateway.api.url);
    await page.getByLabel('User name').fill('alice');
    await page.getByLabel('Password').fill('alice-demo');
    await page.getByRole('button', { name: 'Log in' }).click();
    await page.locator('[data-group=engineering]').click();
    await page.locator('.participant', { hasText: '(you)' }).waitFor();
  });
  afterEach(async () => {
    await closeBrowsers();
    await gateway.stop();
  });

  const problem = (code: string) => page.locator(`[role=alert][data-problem=${code}]`);

  it('says so, stays logged in and leads back into the room', async () => {
    const number = await page.locator('.number').textContent();
    await gateway.child.stop();
    await problem('room-closed').waitFor();
    gateway = await start();
    await page.getByRole('button', { name: 'Enter again' }).click();
    await page.locator('main[data-call=in-room]').waitFor();
    assert.equal(await page.locator('.number').textContent(), number);
  });

  it('finds its own way back after a crash, and says that the call is gone', async () => {
    await gateway.child.stop('SIGKILL');
    await page.locator('main[data-call=reconnecting]').waitFor();
    gateway = await start();
    await problem('ended-by-room').waitFor();
    await page.getByRole('button', { name: 'Enter again' }).click();
    await page.locator('main[data-call=in-room]').waitFor();
  });
});

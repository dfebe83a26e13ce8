import assert from 'node:assert/strict';
import type { Page } from 'playwright-core';
import { Baresip } from '../support/baresip.js';
import { closeBrowsers } from '../support/browser.js';
import { eventually } from '../support/eventually.js';
import { TestGateway } from '../support/gateway.js';
import { hearsExactly } from '../support/hearing.js';
import { Softphone } from '../support/softphone.js';
import { toneFile } from '../support/tone-file.js';

const ALICE_HZ = 500;
const BOB_HZ = 900;
const BOBS_PHONE_HZ = 1300;
const TONES = [ALICE_HZ, BOB_HZ, BOBS_PHONE_HZ];

describe('a room that is moderated and entered from the page, with a real gateway', function () {
  this.timeout(120_000);
  let gateway: TestGateway;
  let alice: Softphone;

  before(async () => {
    gateway = await TestGateway.start();
  });
  after(() => gateway.stop());
  beforeEach(async () => {
    alice = await Softphone.start(gateway.httpUrl, 'alice', { toneHz: ALICE_HZ });
    await alice.enter('engineering');
  });
  afterEach(async () => {
    await closeBrowsers();
    await gateway.holdsNothing();
  });

  const startBob = () => Softphone.start(gateway.httpUrl, 'bob', { toneHz: BOB_HZ });
  const inRoom = (page: Page) => page.locator('main[data-call=in-room]').waitFor();
  const problem = (page: Page, code: string) => page.locator(`[role=alert][data-problem=${code}]`);

  it('keeps others out while it is locked, and says so to them', async () => {
    const bob = await startBob();
    await alice.page.locator('[data-action=lock]').click();
    await alice.page.locator('[data-action=unlock]').waitFor();
    await bob.page.locator('[data-group=engineering]').click();
    await problem(bob.page, 'room-locked').waitFor();
    await alice.page.locator('[data-action=unlock]').click();
    await alice.page.locator('[data-action=lock]').waitFor();
    await bob.page.getByRole('button', { name: 'Enter again' }).click();
    await inRoom(bob.page);
    await hearsExactly('alice', alice, [BOB_HZ], TONES);
  });

  it('shows a raised hand to everybody, and is muted as a whole but for its moderators', async () => {
    const bob = await startBob();
    await bob.enter('engineering');
    await bob.page.locator('[data-action=raise-hand]').click();
    await alice.page.getByRole('button', { name: 'Lower Bob’s hand' }).click();
    await bob.page.locator('[data-action=raise-hand][data-raised=false]').waitFor();
    await hearsExactly('alice', alice, [BOB_HZ], TONES);
    await alice.page.locator('[data-action=mute-all]').click();
    await bob.page.getByText('A moderator muted you.').waitFor();
    await hearsExactly('alice', alice, [], TONES);
    await hearsExactly('bob', bob, [ALICE_HZ], TONES);
  });

  describe('by a desk phone', () => {
    let desk: Baresip;

    beforeEach(async () => {
      const microphone = toneFile(BOBS_PHONE_HZ, 300);
      desk = await Baresip.start({ server: gateway.sip, user: 'bob', password: 'bob-demo', microphone });
      await desk.registered();
    });
    afterEach(() => desk.stop());

    const isCalled = () =>
      eventually(
        'the desk phone to ring',
        () => desk.events.some(({ type }) => type === 'CALL_INCOMING'),
        (called) => called,
      );

    async function enterByDeskPhone(): Promise<Softphone> {
      const bob = await startBob();
      await bob.page.getByLabel('Call my desk phone instead').check();
      await bob.page.locator('[data-group=engineering]').click();
      await isCalled();
      await desk.command('accept');
      await inRoom(bob.page);
      return bob;
    }

    it('is heard and hears there while the page shows the room, and changes over to the browser', async () => {
      const bob = await enterByDeskPhone();
      await bob.shows(['alice', 'bob']);
      await hearsExactly('alice', alice, [BOBS_PHONE_HZ], TONES);
      await hearsExactly('bob’s desk phone', desk, [ALICE_HZ], TONES);
      assert.equal(bob.heard().length, 0, 'the page itself plays nothing');

      await bob.page.locator('[data-action=enter-by-browser]').click();
      await desk.callEnded();
      await inRoom(bob.page);
      await bob.shows(['alice', 'bob']);
      await hearsExactly('alice', alice, [BOB_HZ], TONES);
      await hearsExactly('bob', bob, [ALICE_HZ], TONES);
    });

    it('is left with a click on the page', async () => {
      const bob = await enterByDeskPhone();
      await bob.page.locator('[data-action=leave]').click();
      await desk.callEnded();
      await bob.page.getByRole('heading', { name: 'Your rooms' }).waitFor();
    });
  });
});

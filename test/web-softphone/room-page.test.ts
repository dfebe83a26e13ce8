import assert from 'node:assert/strict';
import { join } from 'node:path';
import type { Page } from 'playwright-core';
import { PACKAGE_ROOT } from '../../gateway/config.js';
import { type ApiServer, startApiServer } from '../api/api-server.js';
import { closeBrowsers, TestBrowser } from '../support/browser.js';
import { eventually } from '../support/eventually.js';
import { RoomStage } from './room-stage.js';

const PAGE_FOLDER = join(PACKAGE_ROOT, 'web-softphone', 'dist');

describe('a room on the page', function () {
  this.timeout(120_000);
  let server: ApiServer;
  let page: Page;
  const complaints: string[] = [];

  beforeEach(async () => {
    server = await startApiServer({ pageFolder: PAGE_FOLDER, outside: { allow: ['+49'], perUserPerHour: 3 } });
    // Without a microphone: who comes by desk phone needs none here.
    ({ page } = await TestBrowser.start({ microphone: 'absent' }));
    page.on('pageerror', (error) => complaints.push(error.message));
  });
  afterEach(async () => {
    await closeBrowsers();
    await server.close();
    assert.deepEqual(complaints.splice(0), [], 'what the browser complained about');
  });

  const alice = () => RoomStage.enter(server, page, { user: 'alice', group: 'engineering', role: 'moderator' });
  const bob = () => RoomStage.enter(server, page, { user: 'bob', group: 'engineering' });
  const row = (user: string) => page.locator(`.participant[data-user=${user}]`);
  const invitee = (to: string) => page.locator(`[data-invitee="${to}"]`);
  const problem = (code: string) => page.locator(`[role=alert][data-problem=${code}]`);
  const lobby = () => page.getByRole('heading', { name: 'Your rooms' }).waitFor();

  async function logIn(user: string): Promise<void> {
    await page.goto(server.url);
    await page.getByLabel('User name').fill(user);
    await page.getByLabel('Password').fill(`${user}-demo`);
    await page.getByRole('button', { name: 'Log in' }).click();
    await lobby();
  }

  async function invite(...typed: string[]): Promise<void> {
    await page.locator('[data-action=invite-more]').click();
    for (const text of typed) {
      await page.getByLabel('Whom').fill(text);
      await page.keyboard.press('Enter');
    }
    await page.locator('[data-action=ring]').click();
  }

  describe('that is entered by desk phone', () => {
    it('shows who is there without a call of its own, and hangs up for who leaves', async () => {
      const stage = await alice();
      assert.deepEqual(server.ownPhoneCalls, [`alice ${stage.number}`]);
      await page.getByText('You are in by your desk phone').waitFor();
      stage.join('b', 'bob', { talking: true });
      await page.locator('.participant[data-user=bob][data-talking=true]').waitFor();
      assert.match((await row('alice').textContent()) ?? '', /\(you\)/);
      assert.equal(await page.locator('.key, .control-keypad').count(), 0, 'a desk phone has its own keys');
      await page.locator('[data-action=leave]').click();
      await lobby();
      await eventually(
        'the desk phone to be out of the room',
        () => server.roster.participants(stage.number).map(({ user }) => user),
        (users) => users.length === 1 && users[0] === 'bob',
      );
    });

    it('leads back to the lobby when the desk phone hangs up, and says so when it is put out', async () => {
      const stage = await alice();
      server.roster.leave('alice-1', 'left');
      await lobby();
      await page.locator('[data-group=engineering]').click();
      await page.locator('main[data-call=ringing]').waitFor();
      stage.join('alice-2', 'alice', { device: 'desk-phone' });
      await page.locator('main[data-call=in-room]').waitFor();
      server.roster.leave('alice-2', 'removed');
      await problem('removed').waitFor();
    });

    it('stays entered when the page is left, and is shown when it is back', async () => {
      const stage = await alice();
      await page.goto('about:blank');
      await page.goto(server.url);
      assert.equal(server.roster.countIn(stage.number), 1);
      await page.locator('main[data-call=in-room]').waitFor();
      await page.getByText('You are in by your desk phone').waitFor();
      server.roster.leave('alice-1', 'left');
      await lobby();
      await page.reload();
      await lobby();
      assert.equal(await page.getByLabel('Call my desk phone instead').isChecked(), true, 'the choice is remembered');
      assert.equal(server.ownPhoneCalls.length, 1);
    });

    it('mutes its user at the mixer', async () => {
      await alice();
      await page.keyboard.press('m');
      await page.locator('.participant[data-user=alice][data-muted=true]').waitFor();
      await page.locator('[data-action=mute-self][data-muted=true]').click();
      await page.locator('.participant[data-user=alice][data-muted=false]').waitFor();
    });

    it('needs a desk phone, and can be entered with the browser instead', async () => {
      await logIn('alice');
      await page.getByLabel('Call my desk phone instead').check();
      await page.locator('[data-group=engineering]').click();
      await problem('no-desk-phone').waitFor();
      assert.deepEqual(server.ownPhoneCalls, []);
      await page.getByRole('button', { name: 'Back to your rooms' }).click();
      await page.getByLabel('Call my desk phone instead').uncheck();
      await page.locator('[data-group=engineering]').click();
      await problem('microphone-absent').waitFor();
    });

    it('lets its user change over to the browser, and says what keeps them from it', async () => {
      const stage = await alice();
      await page.locator('[data-action=enter-by-browser]').click();
      await problem('microphone-absent').waitFor();
      assert.equal(server.roster.countIn(stage.number), 1, 'nobody is put out before the browser is in');
    });
  });

  describe('to which people were invited', () => {
    it('says of each what has become of them, as it happens', async () => {
      const stage = await alice();
      await invite('dave', 'erin', '0049 30 123456');
      await invitee('dave').getByText('waiting').waitFor();
      await stage.invitationIs('dave', { state: 'ringing', tries: 1 });
      await invitee('dave').getByText('ringing…').waitFor();
      await stage.invitationIs('dave', {
        ...{ state: 'busy', tries: 1, cause: '486' },
        nextTryAt: new Date(Date.now() + 60_000),
      });
      await invitee('dave').getByText('busy').waitFor();
      await invitee('dave')
        .getByText(/^next try at .* · 1 try$/)
        .waitFor();
      await stage.invitationIs('erin', { state: 'failed', tries: 2, cause: '503' });
      await invitee('erin').getByText('The other side is overloaded (SIP 503) · 2 tries').waitFor();
      const line = invitee('tel:+4930123456');
      await stage.invitationIs('tel:+4930123456', { state: 'confirming', tries: 1 });
      await line.getByText('is being asked…').waitFor();
      stage.joinLine('l', '+4930123456');
      await line.getByText('here').waitFor();
      const shown = page.locator('.participant[data-device=outside-line]');
      assert.match((await shown.textContent()) ?? '', /\+4930123456.*Outside line/);
      assert.doesNotMatch((await shown.textContent()) ?? '', /Guest/);
    });

    it('cancels one, or all', async () => {
      await alice();
      await invite('bob', 'carol', 'dave');
      await page.getByRole('button', { name: 'Stop calling Bob' }).click();
      await eventually(
        'one to be cancelled',
        () => server.cancelled.length,
        (count) => count === 1,
      );
      await page.locator('[data-action=cancel-all]').click();
      await eventually(
        'the others to be cancelled',
        () => server.cancelled.length,
        (count) => count === 3,
      );
    });

    it('calls somebody again, at the wish of who invited them', async () => {
      const stage = await bob();
      await invite('carol');
      const again = invitee('carol').getByRole('button', { name: 'Call Carol again' });
      await invitee('carol').waitFor();
      assert.equal(await again.count(), 0);
      await stage.invitationIs('carol', { state: 'declined', tries: 1 });
      await again.click();
      await invitee('carol').getByText('waiting').waitFor();
      assert.equal(server.invited.length, 2);
      assert.equal(await again.count(), 0);
    });

    it('leaves the invitations of others to who moderates', async () => {
      const stage = await bob();
      const token = await server.login('alice');
      const json = { invite: ['carol'] };
      await server.request(`/v1/rooms/${stage.number}/invitations`, { token, json });
      await stage.invitationIs('carol', { state: 'no-answer', tries: 2 });
      await invitee('carol').getByText('no answer').waitFor();
      assert.equal(await invitee('carol').getByRole('button').count(), 0);
      server.roster.update('bob-1', { role: 'moderator' });
      await invitee('carol').getByRole('button', { name: 'Call Carol again' }).waitFor();
    });

    it('takes telephone numbers as people write them, and says why one is not called', async () => {
      await alice();
      await page.locator('[data-action=invite-more]').click();
      await page.locator('input[name=invitee]:focus').waitFor();
      const whom = page.getByLabel('Whom');
      await page.keyboard.type('030 12');
      await page.getByText('begins with + and the country code').waitFor();
      await whom.fill('+33 1 23 45 67 89');
      await page.getByRole('button', { name: 'Call +33123456789' }).click();
      await page.locator('[data-action=ring]').click();
      await problem('barred').getByText('+33123456789').waitFor();
      await page.getByRole('button', { name: 'Take +33123456789 off the list' }).click();
      await whom.pressSequentially('+49 (0)30 12-34-56,');
      assert.deepEqual(await page.locator('[data-chosen]').allTextContents(), ['+4930123456']);
      await page.locator('[data-action=ring]').click();
      await invitee('tel:+4930123456').waitFor();
      await invite('+49 30 7654321', '+49 30 7654322', '+49 30 7654323', '+49 30 7654324');
      await problem('call-limit').waitFor();
    });
  });

  describe('with raised hands', () => {
    it('shows who asks for the floor before all others, until it is taken back', async () => {
      const stage = await bob();
      stage.join('c', 'carol');
      await row('carol').waitFor();
      server.roster.update('c', { handRaised: true });
      await page.locator('.participant[data-user=carol][data-hand=true]').waitFor();
      const names = () =>
        page.evaluate<string[]>('[...document.querySelectorAll(".participant")].map((row) => row.dataset.user)');
      assert.deepEqual(await names(), ['carol', 'bob']);
      assert.equal(await row('carol').locator('[data-action=lower-hand]').count(), 0);
      await page.keyboard.press('h');
      await page.getByRole('button', { name: 'Lower hand' }).click();
      await page.getByRole('button', { name: 'Raise hand' }).waitFor();
      server.roster.update('c', { handRaised: false });
      await page.locator('.participant[data-user=carol][data-hand=false]').waitFor();
      assert.deepEqual(await names(), ['bob', 'carol']);
    });

    it('lets a moderator lower them', async () => {
      const stage = await alice();
      stage.join('c', 'carol', { handRaised: true });
      await page.getByRole('button', { name: 'Lower Carol’s hand' }).click();
      await page.locator('.participant[data-user=carol][data-hand=false]').waitFor();
    });
  });

  describe('that is moderated', () => {
    it('is locked and unlocked, for everybody to see', async () => {
      const stage = await alice();
      await page.getByRole('button', { name: 'Lock', exact: true }).click();
      await page.locator('.call-status').getByText('Locked').waitFor();
      assert.equal(server.roster.isLocked(stage.number), true);
      // At the phone, by *9.
      server.roster.setLocked(stage.number, false);
      await page.getByRole('button', { name: 'Lock', exact: true }).waitFor();
      assert.equal(await page.locator('.badge-locked').count(), 0);
    });

    it('hears who joins, or no more, as its moderators choose', async () => {
      const stage = await alice();
      const chosen = async () => (await server.store.rooms.find(stage.number))?.announcesJoins;
      await page.getByRole('button', { name: 'Announce joins' }).click();
      await page.getByRole('button', { name: 'Stop announcing' }).waitFor();
      assert.equal(await chosen(), true);
      await page.reload();
      await page.getByRole('button', { name: 'Stop announcing' }).click();
      await page.getByRole('button', { name: 'Announce joins' }).waitFor();
      assert.equal(await chosen(), false);
    });

    it('is quiet with one click', async () => {
      const stage = await alice();
      stage.join('b', 'bob');
      stage.join('c', 'carol');
      await row('carol').waitFor();
      await page.getByRole('button', { name: 'Mute all' }).click();
      await page.locator('.participant[data-user=bob][data-muted=true]').waitFor();
      await page.locator('.participant[data-user=carol][data-muted=true]').waitFor();
      assert.equal(await row('alice').getAttribute('data-muted'), 'false');
    });

    it('offers none of it to others', async () => {
      await bob();
      await page.locator('[data-action=invite-more]').waitFor();
      assert.equal(await page.locator('[data-action=mute-all], [data-action=lock], [data-action=announce]').count(), 0);
    });
  });

  it('has the language of its prompts chosen in the settings', async () => {
    await server.store.spokenLanguages.replace(['de', 'en', 'zh']);
    await logIn('alice');
    await page.getByRole('button', { name: 'Settings' }).click();
    const language = page.getByLabel('Language of spoken prompts');
    assert.equal(await language.inputValue(), '');
    assert.deepEqual(await language.locator('option').allTextContents(), ['Default', 'Deutsch', 'English', '中文']);
    const changed = page.waitForResponse((answer) => answer.request().method() === 'PATCH');
    await language.selectOption({ label: '中文' });
    assert.equal((await changed).status(), 200);
    const me = () => server.store.users.findByName('alice');
    assert.equal((await me())?.language, 'zh');
    await language.selectOption('');
    await eventually('the default language', me, (user) => user !== undefined && user.language === undefined);
  });
});

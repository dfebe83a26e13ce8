import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import type { Page } from 'playwright-core';
import { PACKAGE_ROOT } from '../../gateway/config.js';
import { type ApiServer, startApiServer } from '../api/api-server.js';
import { type BrowserOptions, closeBrowsers, TestBrowser } from '../support/browser.js';

const PAGE_FOLDER = join(PACKAGE_ROOT, 'web-softphone', 'dist');

describe('the softphone page', function () {
  this.timeout(120_000);
  let server: ApiServer;
  const complaints: string[] = [];

  before(async () => {
    server = await startApiServer({ pageFolder: PAGE_FOLDER });
  });
  after(() => server.close());
  afterEach(async () => {
    await closeBrowsers();
    assert.deepEqual(complaints.splice(0), [], 'what the browser complained about');
  });

  async function open(options: BrowserOptions = {}, url = server.url): Promise<Page> {
    const { page } = await TestBrowser.start(options);
    page.on('pageerror', (error) => complaints.push(error.message));
    page.on('console', (message) => {
      if (/Content.Security.Policy/i.test(message.text())) complaints.push(message.text());
    });
    await page.goto(url);
    return page;
  }

  async function logIn(page: Page, user = 'alice', password = `${user}-demo`): Promise<void> {
    await page.getByLabel('User name').fill(user);
    await page.getByLabel('Password').fill(password);
    await page.getByRole('button', { name: 'Log in' }).click();
  }

  const problem = (page: Page, code: string) => page.locator(`[role=alert][data-problem=${code}]`);

  it('says that a password is wrong, and takes the right one after it', async () => {
    const page = await open();
    await logIn(page, 'alice', 'wrong');
    await problem(page, 'wrong-password').waitFor();
    await logIn(page);
    await page.getByRole('heading', { name: 'Your rooms' }).waitFor();
    assert.equal(await problem(page, 'wrong-password').count(), 0);
  });

  it('shows the groups of the user, with no token in any address', async () => {
    const page = await open();
    const addresses: string[] = [];
    page.on('request', (request) => addresses.push(request.url()));
    await logIn(page, 'dave');
    await page.locator('[data-group=engineering]').waitFor();
    assert.deepEqual(await page.locator('.room-card-title').allTextContents(), ['Engineering', 'Sales', 'My room']);
    const token = await page.evaluate<string>('sessionStorage.getItem("roomline.token")');
    assert.ok(token.length > 20);
    assert.deepEqual(
      addresses.filter((address) => address.includes(token)),
      [],
    );
  });

  it('can be used with the keyboard alone', async () => {
    const page = await open();
    await page.locator('input[name=user]:focus').waitFor();
    await page.keyboard.type('alice');
    await page.keyboard.press('Tab');
    await page.keyboard.type('alice-demo');
    await page.keyboard.press('Enter');
    await page.locator('[data-group=engineering]').waitFor();
    for (let presses = 0; presses < 6; presses++) {
      await page.keyboard.press('Tab');
      if ((await page.evaluate<string>('document.activeElement.dataset.group ?? ""')) === 'engineering') return;
    }
    assert.fail('Tab does not reach the room');
  });

  it('stays logged in after a reload, and logs out', async () => {
    const page = await open();
    await logIn(page);
    await page.locator('[data-group=engineering]').waitFor();
    await page.reload();
    await page.locator('[data-group=engineering]').waitFor();
    await page.getByRole('button', { name: 'Log out' }).click();
    await page.getByRole('button', { name: 'Log in' }).waitFor();
    assert.equal(await page.evaluate('sessionStorage.getItem("roomline.token")'), null);
  });

  it('asks for a new login when the old one has expired', async () => {
    const page = await open();
    await page.evaluate(`sessionStorage.setItem("roomline.token", "${randomBytes(16).toString('hex')}")`);
    await page.reload();
    await problem(page, 'session-expired').waitFor();
    await logIn(page);
    await page.locator('[data-group=engineering]').waitFor();
  });

  for (const { title, microphone, code } of [
    { title: 'is refused', microphone: 'refused', code: 'microphone-refused' },
    { title: 'is absent', microphone: 'absent', code: 'microphone-absent' },
    { title: 'is in use', microphone: 'in-use', code: 'microphone-in-use' },
  ] as const) {
    it(`says what to do when the microphone ${title}, and leads back`, async () => {
      const page = await open({ microphone });
      await logIn(page);
      await page.locator('[data-group=engineering]').click();
      await problem(page, code).waitFor();
      assert.equal(await page.locator('main').getAttribute('data-call'), 'ended');
      await page.getByRole('button', { name: 'Back to your rooms' }).click();
      await page.getByRole('heading', { name: 'Your rooms' }).waitFor();
      assert.equal(await page.locator('.badge', { hasText: 'Last used' }).count(), 1);
    });
  }

  it('says that the page is not secure where the browser gives no microphone to it', async () => {
    const { port } = new URL(server.url);
    const page = await open(
      { flags: ['--host-resolver-rules=MAP softphone.test 127.0.0.1'] },
      `http://softphone.test:${port}/`,
    );
    await logIn(page);
    await page.locator('[data-group=engineering]').click();
    await problem(page, 'insecure-origin').waitFor();
  });

  it('shows the room’s number while it connects, and can be told to stop', async () => {
    const page = await open();
    await logIn(page);
    await page.locator('[data-group=engineering]').click();
    const number = page.locator('.number');
    await number.waitFor();
    assert.match((await number.textContent()) ?? '', /^\d{4}$/);
    // There is no SIP side here: it keeps trying until it is told not to.
    await page.locator('main[data-call=connecting]').waitFor();
    await page.getByRole('button', { name: 'Cancel' }).click();
    await page.getByRole('heading', { name: 'Your rooms' }).waitFor();
  });

  it('follows a link to a room after the login, once', async () => {
    const page = await open();
    await logIn(page);
    await page.locator('[data-group=engineering]').click();
    const number = (await page.locator('.number').textContent()) ?? '';
    await page.goto(`${server.url}/join/${number}`);
    await page.locator('main[data-call=connecting]').waitFor();
    assert.equal(await page.locator('.number').textContent(), number);
    assert.equal(new URL(page.url()).pathname, '/');
    await page.goto(`${server.url}/join/9999`);
    await problem(page, 'no-such-room').waitFor();
  });

  it('says of a link that holds no room number that it leads nowhere, before the login and after', async () => {
    const page = await open({}, `${server.url}/join/abc`);
    await problem(page, 'bad-link').waitFor();
    assert.equal(new URL(page.url()).pathname, '/');
    await logIn(page);
    await page.locator('[data-group=engineering]').waitFor();
    assert.equal(await problem(page, 'bad-link').count(), 0);
    await page.goto(`${server.url}/join/12`);
    await problem(page, 'bad-link').waitFor();
    await page.locator('[data-group=engineering]').waitFor();
  });

  it('offers the members of one’s groups, takes typed names, and says in words which name nobody has', async () => {
    const page = await open();
    await logIn(page);
    await page.getByRole('button', { name: 'New', exact: true }).click();
    await page.getByLabel('My group').check();
    await page.locator('[data-pick=bob]').waitFor();
    assert.deepEqual(await page.locator('.pick').allTextContents(), [
      'Everyone in Engineering',
      'BBob',
      'CCarol',
      'DDave',
    ]);
    await page.getByLabel('Invite (optional)').fill('car');
    await page.keyboard.press('Enter');
    await page.getByLabel('Invite (optional)').fill('Zoe');
    await page.keyboard.press('Enter');
    assert.deepEqual(await page.locator('[data-chosen]').allTextContents(), ['Carol', 'zoe']);
    await page.keyboard.press('Enter');
    await page.getByText('There is no user zoe to invite.').waitFor();
    assert.equal(server.invited.length, 0);
    await page.keyboard.press('Backspace');
    await page.getByRole('button', { name: 'Enter and ring 1 person' }).click();
    await page.locator('main[data-call=connecting]').waitFor();
    await page.getByRole('dialog').waitFor({ state: 'detached' });
    assert.deepEqual(
      server.invited.splice(0).map(({ to }) => 'user' in to && to.user.name),
      ['carol'],
    );
  });

  it('rings nobody when there is no microphone to talk to them with', async () => {
    const page = await open({ microphone: 'refused' });
    await logIn(page);
    await page.getByRole('button', { name: 'Invite people to Engineering' }).click();
    await page.locator('[data-pick="*"]').click();
    await page.getByRole('button', { name: 'Enter and ring everyone' }).click();
    await problem(page, 'microphone-refused').waitFor();
    assert.equal(await page.getByRole('dialog').count(), 1, 'what was filled in is still there');
    assert.equal(server.invited.length, 0);
  });

  it('keeps a link to a room through the login, for guests too', async () => {
    const token = await server.login('alice');
    const answer = await server.request('/v1/voice-requests', {
      token,
      json: { kind: 'exclusive-voice-communication' },
    });
    const { number } = answer.body.room as { number: string };
    await server.request(`/v1/rooms/${number}/pin`, { method: 'PUT', token, json: { pin: '4711' } });
    const page = await open({}, `${server.url}/join/${number}`);
    await page.getByRole('heading', { name: `Room ${number}` }).waitFor();
    await page.getByRole('button', { name: 'I am a guest' }).click();
    await page.getByLabel('Your name').fill('Grace');
    await page.getByLabel('PIN').fill('4712');
    await page.getByRole('button', { name: 'Enter the room' }).click();
    await problem(page, 'wrong-pin').waitFor();
    assert.equal(await page.getByLabel('Your name').inputValue(), 'Grace');
    await page.getByLabel('PIN').fill('4711');
    await page.getByRole('button', { name: 'Enter the room' }).click();
    await page.locator('main[data-call=connecting]').waitFor();
    await page.getByRole('button', { name: 'Cancel' }).click();
    await page.getByRole('button', { name: 'I have a login' }).click();
    await logIn(page);
    await page.locator('main[data-call=connecting]').waitFor();
    await page.getByRole('heading', { name: 'My room' }).waitFor();
    assert.equal(new URL(page.url()).pathname, '/');
  });
});

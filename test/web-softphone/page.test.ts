import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import type { Page } from 'playwright-core';
import { PACKAGE_ROOT } from '../../gateway/config.js';
import { type ApiServer, startApiServer } from '../api/api-server.js';
import { type BrowserOptions, closeBrowsers, TestBrowser } from '../support/browser.js';

const PAGE_FOLDER = join(PACKAGE_ROOT, 'web-softphone', 'dist');

describe('the softphone page', function () {
  this.timeout(60_000);
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
});

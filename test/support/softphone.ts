import type { Page } from 'playwright-core';
import { type BrowserOptions, TestBrowser } from './browser.js';
import { type Ear, hearsExactly } from './hearing.js';

/** The web softphone in a Chromium of its own, used as a person uses it. */
export class Softphone implements Ear {
  readonly user: string;
  readonly browser: TestBrowser;

  /** Opens the page and logs a demo user in. */
  static async start(url: string, user: string, options: BrowserOptions = {}): Promise<Softphone> {
    const browser = await TestBrowser.start(options);
    try {
      await browser.page.goto(url);
      await browser.page.getByLabel('User name').fill(user);
      await browser.page.getByLabel('Password').fill(`${user}-demo`);
      await browser.page.getByRole('button', { name: 'Log in' }).click();
      return new Softphone(user, browser);
    } catch (error) {
      await browser.kill();
      throw error;
    }
  }

  private constructor(user: string, browser: TestBrowser) {
    this.user = user;
    this.browser = browser;
  }

  get page(): Page {
    return this.browser.page;
  }

  /** One click on a group, and in its room. */
  async enter(group: string): Promise<void> {
    await this.page.locator(`[data-group=${group}]`).click();
    await this.page.locator('main[data-call=in-room]').waitFor();
  }

  async leave(): Promise<void> {
    await this.page.locator('[data-action=leave]').click();
    await this.page.locator('[data-group]').first().waitFor();
  }

  async setMuted(muted: boolean): Promise<void> {
    await this.page.locator(`[data-action=mute-self][data-muted=${!muted}]`).click();
    await this.page.locator(`[data-action=mute-self][data-muted=${muted}]`).waitFor();
  }

  async press(digit: string): Promise<void> {
    await this.page.locator(`.key[data-digit="${digit}"]:visible`).click();
  }

  /** Waits until the roster on the page shows exactly these users. */
  async shows(users: readonly string[]): Promise<void> {
    const expression = `JSON.stringify([...document.querySelectorAll('[data-participant]')]
      .map((element) => element.dataset.user).sort()) === ${JSON.stringify(JSON.stringify([...users].sort()))}`;
    await this.page.waitForFunction(expression);
  }

  /** Waits until it plays exactly these of the tones. */
  hears(wanted: readonly number[], all: readonly number[]): Promise<void> {
    return hearsExactly(this.user, this, wanted, all);
  }

  heard(): Int16Array {
    return this.browser.heard();
  }

  close(): Promise<void> {
    return this.browser.close();
  }
}

import type { Page } from 'playwright-core';
import { RoomlineError } from '../../gateway/errors.js';
import { type Invitation, type InvitationChange, invitee } from '../../gateway/rooms/invitations.js';
import type { Participant } from '../../gateway/rooms/roster.js';
import type { ApiServer } from '../api/api-server.js';
import { eventually } from '../support/eventually.js';
import { participant } from '../support/participant.js';

/**
 * A room on the page without a call: the user is in it by their desk phone, as far as the roster says, and whatever
 * happens in it is made to happen.
 */
export class RoomStage {
  readonly server: ApiServer;
  readonly page: Page;
  readonly number: string;

  /** Logs in, asks for the room of a group by desk phone, and is in it. */
  static async enter(
    server: ApiServer,
    page: Page,
    who: { user: string; group: string; role?: Participant['role'] },
  ): Promise<RoomStage> {
    const { user, group, role = 'speaker' } = who;
    await registerDeskPhone(server, user);
    await page.goto(server.url);
    await page.getByLabel('User name').fill(user);
    await page.getByLabel('Password').fill(`${user}-demo`);
    await page.getByRole('button', { name: 'Log in' }).click();
    await page.getByLabel('Call my desk phone instead').check();
    await page.locator(`[data-group=${group}]`).click();
    await page.locator('main[data-call=ringing]').waitFor();
    const number = (await page.locator('.number').textContent()) ?? '';
    server.roster.join(number, participant(`${user}-1`, user, { device: 'desk-phone', role }));
    await page.locator('main[data-call=in-room]').waitFor();
    return new RoomStage(server, page, number);
  }

  private constructor(server: ApiServer, page: Page, number: string) {
    this.server = server;
    this.page = page;
    this.number = number;
  }

  join(id: string, user: string, more: Partial<Participant> = {}): void {
    this.server.roster.join(this.number, participant(id, user, more));
  }

  /** A bare telephone that was called. */
  joinLine(id: string, telephone: string): void {
    const { user: _, ...line } = participant(id, 'line', { name: telephone, device: 'outside-line' });
    this.server.roster.join(this.number, line);
  }

  /** What a called person's invitation comes to, as the gateway would write and tell it. */
  async invitationIs(to: string, change: InvitationChange): Promise<void> {
    const { invitations } = this.server.store;
    const { id } = await this.#invitation(to);
    await invitations.update(id, change, []);
    const invitation = await this.#invitation(to);
    this.server.roster.events.emit('invitation.updated', { room: this.number, invitation });
  }

  /** The last one of somebody. */
  #invitation(to: string): Promise<Invitation> {
    const { invitations } = this.server.store;
    return eventually(
      `an invitation of ${to}`,
      async () => (await invitations.listByRoom(this.number)).findLast((one) => invitee(one.to) === to),
      (found) => found !== undefined,
    ).then((found) => {
      if (found === undefined) throw new RoomlineError('not-found', `${to} is not invited`);
      return found;
    });
  }
}

/** As its REGISTER would have. */
export async function registerDeskPhone({ store }: ApiServer, name: string): Promise<void> {
  const user = await store.users.findByName(name);
  if (user === undefined) throw new Error(`there is no user ${name}`);
  const now = Date.now();
  const binding = {
    userId: user.id,
    userName: name,
    contactUri: `sip:${name}@127.0.0.1:5062`,
    callId: `register-${name}`,
    cseq: 1,
    transport: 'udp' as const,
    sourceAddress: '127.0.0.1',
    sourcePort: 5062,
    userAgent: 'a desk phone',
    registeredAt: new Date(now),
    expiresAt: new Date(now + 3600_000),
  };
  await store.contactBindings.apply(user.id, { put: [binding], remove: [] });
}

import assert from 'node:assert/strict';
import type { TakeUp } from '../../gateway/sip/take-up.js';
import { ROOM, settle } from './fakes.js';
import { ALICE, atNoon, first, pass, setUp, toUser } from './invitation-rounds-world.js';

describe('an invitation round', () => {
  atNoon();

  describe('that its gateway leaves behind', () => {
    /** Everybody in a state of their own, as a gateway that was killed leaves them. */
    async function leave(world: ReturnType<typeof setUp>) {
      for (const name of ['bob', 'carol', 'dave', 'erin', 'frank']) world.register(name, 'web');
      const { inviter } = world.start();
      const made = await world.invite(inviter, ['bob', 'carol', 'dave', 'erin', 'frank']);
      const [bob, carol, dave, erin, frank] = made;
      assert.ok(bob && carol && dave && erin && frank);
      await world.rings[0]?.end('busy');
      await world.rings[1]?.end('declined');
      assert.deepEqual([bob, carol, dave, erin, frank].map(world.shown), [
        'busy 1 in 60000 ms',
        'declined 1',
        'ringing 1',
        'ringing 1',
        'ringing 1',
      ]);
      return { bob, carol, dave, erin, frank, inviter };
    }

    it('is taken up by the next: who was called is called once more, a little later, and nobody is forgotten', async () => {
      const world = setUp();
      const { rings, shown } = world;
      const { bob, carol, dave, erin, frank } = await leave(world);
      const { enter } = world.start();
      await settle();
      enter('erin');
      await settle();
      assert.deepEqual([bob, carol, dave, frank].map(shown), [
        'busy 1 in 60000 ms',
        'declined 1',
        'queued interrupted 1 in 5000 ms',
        'queued interrupted 1 in 5000 ms',
      ]);
      assert.equal(shown(erin), 'joined 1');
      assert.equal(rings.length, 5);
      await pass(5000);
      assert.deepEqual(
        rings
          .slice(5)
          .map(({ phones }) => phones[0])
          .sort(),
        ['dave web', 'frank web'],
      );
      assert.deepEqual([dave, frank].map(shown), ['ringing 2', 'ringing 2']);
      for (const ring of rings.slice(5)) await ring.end('no-answer');
      assert.deepEqual([dave, frank].map(shown), ['no-answer 2 in 60000 ms', 'no-answer 2 in 60000 ms']);
    });

    it('is not called twice for one try by two that take it up at once', async () => {
      const world = setUp();
      const { dave, frank } = await leave(world);
      world.start();
      world.start();
      await settle();
      await pass(5000);
      for (const [name, invitation] of Object.entries({ dave, frank })) {
        const calls = world.rings.slice(5).filter(({ phones }) => phones[0] === `${name} web`);
        assert.equal(calls.length, 1);
        assert.equal(world.shown(invitation), 'ringing 2');
      }
    });

    it('is called once, and can be cancelled, where it is handed over while it is taken up', async () => {
      const world = setUp();
      world.register('bob', 'web');
      const created = world.invitations.create(ROOM.number, toUser('bob'));
      const find = world.users.findByName;
      world.users.findByName = (name) => {
        // The inviter is looked up: what is left behind was read before.
        inviter.invite(ALICE, created);
        return find(name);
      };
      const { inviter } = world.start();
      await settle();
      await settle();
      assert.equal(world.rings.length, 1);
      for (const { id } of created) inviter.cancel(id);
      assert.deepEqual(world.last().stopped, {});
    });

    it('is left alone where another voice server takes the calls, and taken up when that one has gone', async () => {
      const world = setUp();
      const { dave } = await leave(world);
      let which: TakeUp = 'none';
      world.start(async () => which);
      await pass(5000);
      assert.equal(world.shown(dave), 'ringing 1');
      which = 'all';
      await pass(500);
      assert.equal(world.shown(dave), 'queued interrupted 1 in 5000 ms');
    });

    it('is left to the others beside it for as long as they may be seeing to it', async () => {
      const world = setUp();
      const { dave } = await leave(world);
      world.start(async () => 'abandoned');
      await pass(5000);
      assert.equal(world.shown(dave), 'ringing 1');
      await pass(200_000);
      await pass(500);
      assert.match(world.shown(dave), /^queued interrupted 1/);
    });

    it('is given back to an elder that takes the calls again, but for what rings', async () => {
      const world = setUp();
      const { register, rings, shown, invite } = world;
      register('bob', 'web');
      register('carol', 'web');
      let which: TakeUp = 'all';
      const { inviter } = world.start(async () => which);
      const [bob, carol] = await invite(inviter, ['bob', 'carol']);
      assert.ok(bob && carol);
      await rings[0]?.end('busy');
      which = 'none';
      await pass(10_000);
      await pass(60_000);
      assert.equal(rings.length, 2);
      assert.deepEqual([shown(bob), shown(carol)], ['busy 1 in -10000 ms', 'ringing 1']);
      await rings[1]?.end('joined');
      assert.equal(shown(carol), 'joined 1');
    });

    it('is cancelled at the phones when it stops in good order, and goes on with the next', async () => {
      const world = setUp();
      const { bob, carol, dave, frank, inviter } = await leave(world);
      await inviter.stop();
      assert.deepEqual([bob, carol, dave, frank].map(world.shown), [
        'busy 1 in 60000 ms',
        'declined 1',
        'queued interrupted 1',
        'queued interrupted 1',
      ]);
      assert.ok(world.rings.slice(2).every(({ stopped }) => stopped !== undefined));
      inviter.invite(ALICE, world.invitations.create(ROOM.number, toUser('bob')));
      await pass(60_000);
      assert.equal(world.rings.length, 5);
      world.start();
      await settle();
      await pass(5000);
      assert.equal(world.shown(dave), 'ringing 2');
    });

    it('rings nobody about what is long over', async () => {
      const world = setUp();
      const { bob, dave, inviter } = await leave(world);
      await inviter.stop();
      await pass(2 * 3600_000);
      world.start();
      await pass(5000);
      assert.deepEqual([bob, dave].map(world.shown), ['failed interrupted 1', 'failed interrupted 1']);
      assert.equal(world.rings.length, 5);
    });

    it('has failed when its inviter is gone', async () => {
      const world = setUp();
      world.register('bob', 'web');
      const invitation = first(world.invitations.create(ROOM.number, toUser('bob')));
      world.invitations.invitations.set(invitation.id, {
        ...invitation,
        inviter: { id: 'id-nobody', name: 'nobody' },
      });
      world.start();
      await pass(5000);
      assert.equal(world.shown(invitation), 'failed inviter-gone 0');
      assert.equal(world.rings.length, 0);
    });
  });
});

import { RoomlineError } from '../errors.js';
import type { Log } from '../log.js';
import type { ContactBindingStore } from '../rooms/contact-binding.js';
import { findDeskPhones, noDeskPhone, type OwnPhones } from '../rooms/own-phones.js';
import type { UserStore } from '../rooms/user.js';
import type { AccessGuard } from './access-guard.js';
import type { DialOut } from './dial-out.js';
import { shuttingDown } from './dialled-in.js';
import type { Doorkeeper } from './doorkeeper.js';

export interface OwnPhonesOptions {
  users: Pick<UserStore, 'findByName'>;
  contacts: Pick<ContactBindingStore, 'findByUser'>;
  doorkeeper: Doorkeeper;
  guard: Pick<AccessGuard, 'epoch'>;
  dialOut: DialOut;
  draining(): boolean;
  log: Log;
}

/** Click to call: rings the asker's own desk phones, which need not be asked whether they join. */
export function createOwnPhones(options: OwnPhonesOptions): OwnPhones {
  const { users, contacts, doorkeeper, guard, dialOut, draining, log } = options;
  /** User and room of those whose phones ring: who asks twice is called once. */
  const ringing = new Set<string>();
  return {
    async callOwnPhone({ name }, { number }) {
      const since = guard.epoch;
      const user = await users.findByName(name);
      if (user === undefined)
        throw new RoomlineError('not-found', `there is no user ${name}`, { code: 'no-such-user' });
      const entry = await doorkeeper.look(number, { user });
      if (entry === undefined) {
        throw new RoomlineError('not-found', `no room has the number ${number}`, { code: 'room-not-found' });
      }
      const { room, admission } = entry;
      if (!admission.admitted) {
        throw new RoomlineError('forbidden', `${name} may not enter room ${number}`, { code: admission.why });
      }
      const deskPhones = await findDeskPhones(contacts, user);
      if (deskPhones.length === 0) throw noDeskPhone(user, number);
      if (draining()) throw shuttingDown();
      const call = `${user.id} ${number}`;
      if (ringing.has(call)) return;
      ringing.add(call);
      const { outcome } = dialOut({
        room,
        identity: { user },
        role: admission.role,
        inviter: user,
        contacts: deskPhones,
        since,
        ownCall: true,
      });
      void outcome.then(({ state, cause }) => {
        ringing.delete(call);
        log.info({ user: name, room: number, state, cause }, 'own phone called');
      });
    },
  };
}

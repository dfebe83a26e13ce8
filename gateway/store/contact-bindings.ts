import { RoomlineError } from '../errors.js';
import type { ContactBinding, ContactBindingStore, FlowTransport } from '../rooms/contact-binding.js';
import { type Database, isForeignKeyViolation, type Queries } from './database.js';

interface ContactBindingRow {
  userId: string;
  userName: string;
  contactUri: string;
  callId: string;
  cseq: number;
  transport: FlowTransport;
  sourceAddress: string;
  sourcePort: number;
  userAgent: string;
  registeredAtMs: number;
  expiresAtMs: number;
}

/** The columns' widths, in characters. */
const MOST_URI_CHARACTERS = 512;
const MOST_CALL_ID_CHARACTERS = 255;
const MOST_USER_AGENT_CHARACTERS = 255;

export function createContactBindingStore(database: Database): ContactBindingStore {
  return {
    async findByUser(userId, now) {
      const rows = await database.read((queries) =>
        selectBindings(queries).where('c.user_id', userId).andWhere('c.expires_at_ms', '>', now.getTime()),
      );
      return rows.map(toBinding);
    },

    async apply(userId, changes) {
      const rows = changes.put.map((binding) => toRow(userId, binding));
      try {
        await database.write(async (transaction) => {
          if (changes.remove.length > 0) {
            await transaction('contact_bindings')
              .where('user_id', userId)
              .whereIn('contact_uri', [...changes.remove])
              .delete();
          }
          if (rows.length > 0) {
            await transaction('contact_bindings').insert(rows).onConflict(['user_id', 'contact_uri']).merge();
          }
        });
      } catch (error) {
        if (!isForeignKeyViolation(error)) throw error;
        throw new RoomlineError('not-found', 'the user is gone', { code: 'user-not-found', cause: error });
      }
    },

    async all(now) {
      const rows = await database.read((queries) =>
        selectBindings(queries).where('c.expires_at_ms', '>', now.getTime()),
      );
      return rows.map(toBinding);
    },

    purgeExpired(now) {
      return database.write<number>((transaction) =>
        transaction('contact_bindings').where('expires_at_ms', '<=', now.getTime()).delete(),
      );
    },
  };
}

function selectBindings(queries: Queries) {
  return queries('contact_bindings as c')
    .join('users as u', 'u.id', 'c.user_id')
    .orderBy(['c.registered_at_ms', 'c.contact_uri'])
    .select<ContactBindingRow[]>({
      userId: 'c.user_id',
      userName: 'u.name',
      contactUri: 'c.contact_uri',
      callId: 'c.call_id',
      cseq: 'c.cseq',
      transport: 'c.transport',
      sourceAddress: 'c.source_address',
      sourcePort: 'c.source_port',
      userAgent: 'c.user_agent',
      registeredAtMs: 'c.registered_at_ms',
      expiresAtMs: 'c.expires_at_ms',
    });
}

function toBinding({ registeredAtMs, expiresAtMs, ...row }: ContactBindingRow): ContactBinding {
  return { ...row, registeredAt: new Date(registeredAtMs), expiresAt: new Date(expiresAtMs) };
}

/** A cut URI or Call-ID would name something else, so one too long is refused; a cut User-Agent harms nobody. */
function toRow(userId: string, binding: ContactBinding) {
  if (binding.contactUri.length > MOST_URI_CHARACTERS) {
    throw new RoomlineError('invalid', `a Contact URI is longer than ${MOST_URI_CHARACTERS} characters`);
  }
  if (binding.callId.length > MOST_CALL_ID_CHARACTERS) {
    throw new RoomlineError('invalid', `a Call-ID is longer than ${MOST_CALL_ID_CHARACTERS} characters`);
  }
  return {
    user_id: userId,
    contact_uri: binding.contactUri,
    call_id: binding.callId,
    cseq: binding.cseq,
    transport: binding.transport,
    source_address: binding.sourceAddress,
    source_port: binding.sourcePort,
    user_agent: [...binding.userAgent].slice(0, MOST_USER_AGENT_CHARACTERS).join(''),
    registered_at_ms: binding.registeredAt.getTime(),
    expires_at_ms: binding.expiresAt.getTime(),
  };
}

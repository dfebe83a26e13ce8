import { createHash } from 'node:crypto';
import type { DigestAlgorithm, SipAccount, SipAccountStore } from '../rooms/sip-account.js';
import type { Database, Transaction } from './database.js';

export interface NewSipAccount {
  readonly userId: string;
  readonly userName: string;
  readonly realm: string;
  readonly algorithm: DigestAlgorithm;
  /** What the phone's owner types into the phone; only its HA1 is kept. */
  readonly secret: string;
}

const HASH_NAMES: Record<DigestAlgorithm, string> = { MD5: 'md5', 'SHA-256': 'sha256' };

export function createSipAccountStore(database: Database): SipAccountStore {
  return {
    findByUserName(userName) {
      return database.read<SipAccount | undefined>((queries) =>
        queries('sip_accounts as s')
          .join('users as u', 'u.id', 's.user_id')
          .where('u.name', userName)
          .first({ userName: 'u.name', algorithm: 's.algorithm', ha1: 's.ha1' }),
      );
    },
  };
}

/** Makes the user's SIP account, or gives it another secret. */
export async function putSipAccount(transaction: Transaction, account: NewSipAccount): Promise<void> {
  const { userId, userName, realm, algorithm, secret } = account;
  const ha1 = createHash(HASH_NAMES[algorithm]).update(`${userName}:${realm}:${secret}`).digest('hex');
  await transaction('sip_accounts').insert({ user_id: userId, algorithm, ha1 }).onConflict('user_id').merge();
}

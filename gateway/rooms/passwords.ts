import { randomBytes, type ScryptOptions, scrypt, timingSafeEqual } from 'node:crypto';

/**
 * scrypt's cost: N = 2^14, r = 8, p = 5 takes 16 MiB, one of the equally strong settings of OWASP's Password
 * Storage Cheat Sheet, and the one least dear in memory when many log in at once.
 */
const COST = { log2N: 14, r: 8, p: 5 } as const;
const SALT_BYTES = 16;
const KEY_BYTES = 32;
const FORM = /^scrypt\$(\d{1,2})\$(\d{1,2})\$(\d{1,2})\$([A-Za-z0-9_-]+)\$([A-Za-z0-9_-]+)$/;

/** Hashes a password into `scrypt$LOG2N$R$P$SALT$KEY`, so that the cost can be raised later. */
export async function hashPassword(password: string): Promise<string> {
  const salt = randomBytes(SALT_BYTES);
  const key = await derive(password, salt, KEY_BYTES, COST);
  return ['scrypt', COST.log2N, COST.r, COST.p, salt.toString('base64url'), key.toString('base64url')].join('$');
}

/** Whether the password is the hash's; compared in constant time. @throws Error for a hash of another form. */
export async function verifyPassword(password: string, hash: string): Promise<boolean> {
  const [, log2N = '', r = '', p = '', salt = '', key = ''] = FORM.exec(hash) ?? [];
  if (key === '') throw new Error('a stored password hash is not of the form scrypt$LOG2N$R$P$SALT$KEY');
  const expected = Buffer.from(key, 'base64url');
  const cost = { log2N: Number(log2N), r: Number(r), p: Number(p) };
  return timingSafeEqual(expected, await derive(password, Buffer.from(salt, 'base64url'), expected.length, cost));
}

function derive(
  password: string,
  salt: Buffer,
  keyBytes: number,
  cost: { log2N: number; r: number; p: number },
): Promise<Buffer> {
  const N = 2 ** cost.log2N;
  const options: ScryptOptions = { N, r: cost.r, p: cost.p, maxmem: 256 * N * cost.r };
  // Keyboards write one and the same letter in more than one way; NFC makes them one (RFC 8265 section 4.2).
  const bytes = password.normalize('NFC');
  return new Promise((resolve, reject) => {
    scrypt(bytes, salt, keyBytes, options, (error, key) => (error === null ? resolve(key) : reject(error)));
  });
}

import { type AttemptLimit, createAttemptLimit } from './attempt-limit.js';
import { createNonces, type Nonces } from './nonce.js';

/** What answers to our challenges are checked with, whoever they come from. */
export interface Challenges {
  readonly nonces: Nonces;
  readonly attempts: AttemptLimit;
}

/** Wrong passwords of one user from one address before the next is refused unseen, and for how long. */
const PASSWORD_ATTEMPTS = 10;
const PASSWORD_WINDOW_MS = 60_000;

export function createChallenges({ nonceSeconds }: { readonly nonceSeconds: number }): Challenges {
  return {
    nonces: createNonces({ lifetimeMs: nonceSeconds * 1000 }),
    attempts: createAttemptLimit({ attempts: PASSWORD_ATTEMPTS, windowMs: PASSWORD_WINDOW_MS }),
  };
}

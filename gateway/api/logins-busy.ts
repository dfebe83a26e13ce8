import { RoomlineError } from '../errors.js';

/** So long a line takes about that long. */
const RETRY_AFTER_SECONDS = 3;

/** Too many wait for their password or PIN to be looked at. */
export function loginsBusy(): RoomlineError {
  return new RoomlineError('too-many', 'too many logins at once: try again in a moment', {
    code: 'logins-busy',
    retryAfterSeconds: RETRY_AFTER_SECONDS,
  });
}

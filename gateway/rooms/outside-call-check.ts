import { type ErrorOptions, RoomlineError } from '../errors.js';
import type { OutsideCallForecast, OutsideCallRefusal } from './outside-calls.js';
import { readTelephoneNumber, type TelephoneNumber } from './telephone-number.js';
import type { User } from './user.js';

/** Says at once what telephones cannot be called, rather than leave it to be found out by nobody answering. */
export interface OutsideCallCheck {
  /**
   * @throws RoomlineError `invalid` (code `no-trunk`), `forbidden` (`barred`), `too-many` (`user-limit`, `hour-limit`)
   * saying which telephone is not called, and why.
   */
  requireCallable(user: Pick<User, 'id' | 'name'>, telephones: readonly string[]): Promise<void>;
}

export interface OutsideCallCheckOptions {
  foresee(numbers: readonly TelephoneNumber[], userId: string): Promise<OutsideCallForecast | undefined>;
  /** Hears of each refusal, to be logged and counted. */
  onRefused(refusal: OutsideCallRefusal, user: string, numbers: readonly string[]): void;
}

/** The most of them an error names. */
const MOST_NAMED = 3;
const HOUR_SECONDS = 3600;

export function createOutsideCallCheck({ foresee, onRefused }: OutsideCallCheckOptions): OutsideCallCheck {
  async function forecast(userId: string, telephones: readonly string[]): Promise<OutsideCallForecast | undefined> {
    const numbers = telephones.map((telephone) => readTelephoneNumber(telephone));
    // What is not in E.164 is an emergency or service number, or none.
    const strange = telephones.filter((_, index) => numbers[index] === undefined);
    if (strange.length > 0) return { refused: 'barred', numbers: strange };
    return foresee(
      numbers.filter((number) => number !== undefined),
      userId,
    );
  }

  return {
    async requireCallable({ id, name }, telephones) {
      if (telephones.length === 0) return;
      const foreseen = await forecast(id, telephones);
      if (foreseen === undefined) return;
      onRefused(foreseen.refused, name, foreseen.numbers);
      throw explain(foreseen);
    },
  };
}

function explain({ refused, numbers, retryAfterSeconds = HOUR_SECONDS }: OutsideCallForecast): RoomlineError {
  const named = numbers.slice(0, MOST_NAMED).join(', ');
  const options: ErrorOptions = { code: refused, details: { telephones: numbers.map((number) => `tel:${number}`) } };
  switch (refused) {
    case 'no-trunk':
      return new RoomlineError('invalid', `there is no trunk to call ${named} by: invite users`, options);
    case 'barred':
      return new RoomlineError('forbidden', `calls to ${named} are not allowed: ask an administrator`, options);
    case 'user-limit':
      return new RoomlineError('too-many', 'you have had your calls to telephones of this hour: try again later', {
        ...{ code: refused, retryAfterSeconds },
      });
    default:
      return new RoomlineError('too-many', 'there were too many calls to telephones in this hour: try again later', {
        ...{ code: refused, retryAfterSeconds },
      });
  }
}

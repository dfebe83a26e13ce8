/** ITU-T E.164 section 6.2.1: 15 digits at most; fewer than 7 are no subscriber's number. */
const E164 = /^\+[1-9]\d{6,14}$/;
/** What people write between digits, and the 0 that is dialled only within the country. */
const BETWEEN_DIGITS = /\(0\)|[\s().\-/\u2010-\u2015]/g;

/** Whether a telephone number is being typed rather than a name: no user name begins so. */
export function isLikeTelephone(text: string): boolean {
  return /^\s*(tel:|[+(\d])/i.test(text);
}

/** The number in E.164 as the API takes it, such as `tel:+4930123456`; undefined for what is none. */
export function readTelephone(text: string): string | undefined {
  const number = text.trim().replace(/^tel:/i, '').replace(BETWEEN_DIGITS, '').replace(/^00/, '+');
  return E164.test(number) ? `tel:${number}` : undefined;
}

/** The number an invitation is for; undefined where it is for a user. */
export function telephoneOf(invitee: string): string | undefined {
  return invitee.startsWith('tel:') ? invitee.slice('tel:'.length) : undefined;
}

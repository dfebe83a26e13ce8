/** A number in E.164: +, country code and subscriber, 7 to 15 digits. */
export type TelephoneNumber = string;

/** ITU-T E.164 section 6.2.1 has 15 at most; fewer than 7 are emergency and service numbers behind a country code. */
const E164 = /^\+[1-9]\d{6,14}$/;
/** What people write between digits (RFC 3966 section 3, and blanks). */
const SEPARATORS = /[\s().-]/g;
/** Shorter ones could be emergency or service numbers, which mean something else where they are dialled alone. */
const FEWEST_NATIONAL_DIGITS = 7;
const HIDDEN_DIGITS = 4;

export function isTelephoneNumber(text: string): boolean {
  return E164.test(text);
}

/** Reads a number as people and `tel:` URIs write it; undefined for what is not in E.164, as no short number is. */
export function readTelephoneNumber(text: string): TelephoneNumber | undefined {
  const number = text.replace(/^tel:/i, '').split(';', 1)[0]?.replace(SEPARATORS, '') ?? '';
  return E164.test(number) ? number : undefined;
}

/** For logs: enough to find the rule or the country it is about, and not whose it is. */
export function telephoneForLogs(number: string): string {
  return `${number.slice(0, -HIDDEN_DIGITS)}${'*'.repeat(Math.min(HIDDEN_DIGITS, number.length))}`;
}

/** How a peer wants numbers written: with `{e164}` 4930123456, `{plus}` +4930123456 or `{national}` in a text. */
export interface NumberFormat {
  readonly dial: string;
  /** The same for numbers that do not begin with the country code; as `dial` says unless told. */
  readonly dialAbroad: string | null;
  readonly countryCode: string | null;
}

/** The digits to dial at a peer; undefined when its format has no way to write the number. */
export function dialledForm(number: TelephoneNumber, format: NumberFormat): string | undefined {
  const national = nationalPart(number, format.countryCode);
  const template = national === undefined ? (format.dialAbroad ?? format.dial) : format.dial;
  if (template.includes('{national}') && (national?.length ?? 0) < FEWEST_NATIONAL_DIGITS) return undefined;
  return template
    .replaceAll('{plus}', number)
    .replaceAll('{e164}', number.slice(1))
    .replaceAll('{national}', national ?? '');
}

/**
 * The number in E.164 that a peer's format writes so; undefined when it is none. Peers show callers in E.164, or as
 * they want numbers dialled.
 */
export function fromDialledForm(
  text: string,
  { dial, dialAbroad, countryCode }: NumberFormat,
): TelephoneNumber | undefined {
  const digits = text.replace(SEPARATORS, '');
  if (digits.startsWith('+')) return readTelephoneNumber(digits);
  if (digits.startsWith('00')) return readTelephoneNumber(`+${digits.slice(2)}`);
  if (countryCode !== null && digits.startsWith('0')) return readTelephoneNumber(`+${countryCode}${digits.slice(1)}`);
  if (dial === '{e164}' || dialAbroad === '{e164}') return readTelephoneNumber(`+${digits}`);
  return undefined;
}

function nationalPart(number: TelephoneNumber, countryCode: string | null): string | undefined {
  if (countryCode === null || !number.startsWith(`+${countryCode}`)) return undefined;
  return number.slice(1 + countryCode.length);
}

const DEFAULT_DURATION_MS = 250;
const MAX_DURATION_MS = 10_000;
const DIGIT = /^[0-9*#A-D]$/;
/** Event codes of RFC 4733 section 3.2 that some phones send in place of the character. */
const EVENT_CODES: Readonly<Record<string, string>> = {
  '10': '*',
  '11': '#',
  '12': 'A',
  '13': 'B',
  '14': 'C',
  '15': 'D',
};

/** A digit pressed, out of an INFO of type `application/dtmf-relay` or `application/dtmf`; undefined for anything else. */
export function readDtmfInfo(contentType: string, body: string): { digit: string; durationMs: number } | undefined {
  const type = contentType.split(';', 1)[0]?.trim().toLowerCase();
  if (type === 'application/dtmf') return toDigit(body, undefined);
  if (type !== 'application/dtmf-relay') return undefined;
  const signal = /^\s*signal\s*=\s*(\S+)/im.exec(body)?.[1];
  const duration = /^\s*duration\s*=\s*(\d{1,5})/im.exec(body)?.[1];
  return signal === undefined ? undefined : toDigit(signal, duration);
}

function toDigit(text: string, duration: string | undefined): { digit: string; durationMs: number } | undefined {
  const trimmed = text.trim().toUpperCase();
  const digit = EVENT_CODES[trimmed] ?? trimmed;
  if (!DIGIT.test(digit)) return undefined;
  return { digit, durationMs: Math.min(Number(duration ?? DEFAULT_DURATION_MS), MAX_DURATION_MS) };
}

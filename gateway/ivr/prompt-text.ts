/** A prompt's text, taken apart into what is recorded and the places between. */

/** A fixed part has a file; a place is filled when the prompt is spoken. */
export type PromptPart = ({ readonly file: string; readonly text: string } | { readonly place: string }) & {
  /** What is silent in front of it, by the punctuation there. */
  readonly pauseMs: number;
};

const PLACE = /\{([a-z]+)\}/;
const SENTENCE_ENDS = /[.!?。！？]/;
const CLAUSE_ENDS = /[,;:，；：、]/;
/** Without the question and exclamation marks and quotes that open something. */
const LEADING = /^[\s.!?。！？,;:，；：、]+/;
const TRAILING = /[\s.!?。！？,;:，；：、]+$/;

const SENTENCE_PAUSE_MS = 350;
const CLAUSE_PAUSE_MS = 180;
const WORD_PAUSE_MS = 40;

/**
 * Takes `{inviter} invites you to {group}. To join, press 1.` apart. A prompt of one fixed part has the file `NAME.wav`,
 * one of several `NAME-1.wav`, `NAME-2.wav`...
 */
export function promptParts(name: string, text: string): PromptPart[] {
  const pieces = text.split(new RegExp(PLACE, 'g')).map((piece, index) => ({ piece, isPlace: index % 2 === 1 }));
  const fixed = pieces.filter(({ piece, isPlace }) => !isPlace && withoutPunctuation(piece) !== '').length;
  const parts: PromptPart[] = [];
  let files = 0;
  let pauseMs = 0;
  for (const { piece, isPlace } of pieces) {
    if (isPlace) {
      parts.push({ place: piece, pauseMs: parts.length === 0 ? 0 : pauseMs });
      pauseMs = WORD_PAUSE_MS;
      continue;
    }
    pauseMs = Math.max(pauseMs, pauseOf(LEADING.exec(piece)?.[0] ?? ''));
    const words = piece.replace(LEADING, '').trim();
    if (words === '') continue;
    files += 1;
    const file = fixed === 1 ? `${name}.wav` : `${name}-${files}.wav`;
    parts.push({ file, text: asSpoken(words), pauseMs: parts.length === 0 ? 0 : pauseMs });
    pauseMs = pauseOf(TRAILING.exec(words)?.[0] ?? '');
  }
  return parts;
}

/** The places a text has, in order. */
export function placesIn(text: string): string[] {
  return [...text.matchAll(new RegExp(PLACE, 'g'))].map(([, place = '']) => place);
}

function withoutPunctuation(text: string): string {
  return text.replace(LEADING, '').replace(TRAILING, '');
}

/** A part that a name follows is not to sound like the end of a sentence. */
function asSpoken(words: string): string {
  return TRAILING.test(words) ? words : `${words},`;
}

function pauseOf(punctuation: string): number {
  if (SENTENCE_ENDS.test(punctuation)) return SENTENCE_PAUSE_MS;
  return CLAUSE_ENDS.test(punctuation) ? CLAUSE_PAUSE_MS : WORD_PAUSE_MS;
}

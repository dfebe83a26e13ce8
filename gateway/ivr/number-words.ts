/**
 * How a language speaks a quantity, as data: sets of rules, each for the numbers from its own up to the next one's. The
 * form is that of Unicode's rule-based number formats, cut down to whole numbers and powers of ten.
 */

/** One step of a rule. */
type Token =
  | { readonly word: string }
  /** Speaks another number by a set: what is before or behind the rule's power of ten, or the number itself. */
  | { readonly speaks: 'quotient' | 'remainder' | 'same'; readonly set: string }
  /** Left out where nothing is behind the power of ten. */
  | { readonly optional: readonly Token[] };

interface Rule {
  readonly from: number;
  readonly tokens: readonly Token[];
}

/** By name; `count` is where a quantity begins. */
export type NumberRules = ReadonlyMap<string, readonly Rule[]>;

const SPEAKS = { '<': 'quotient', '>': 'remainder', '=': 'same' } as const;
/** Rules that lead back to themselves are at fault: no language takes more for the largest number. */
const DEEPEST = 40;

/**
 * Reads rules such as `count: { 20: 'twenty [>]', 100: '< hundred [and >]' }`: words, `<` for what is before the power of
 * ten at or below the rule's own number, `>` for what is behind it, `=SET` for the same number by another set, `<SET` and
 * `>SET` likewise, and `[...]` for what is left out where nothing is behind it.
 * @throws Error saying which rule is wrong, and how
 */
export function readNumberRules(sets: Readonly<Record<string, Readonly<Record<string, string>>>>): NumberRules {
  const rules = new Map(
    Object.entries(sets).map(([set, texts]): [string, Rule[]] => [
      set,
      Object.entries(texts)
        .map(([from, text]) => ({ from: Number(from), tokens: readRule(text, set) }))
        .sort((left, right) => left.from - right.from),
    ]),
  );
  if (!rules.has('count')) throw new Error('numbers has no set named count');
  return rules;
}

function readRule(text: string, set: string): Token[] {
  const symbols = text.match(/\[|\]|[<>=][a-z0-9-]*|[^\s[\]<>=]+|=/g) ?? [];
  const tokens = readTokens(symbols, set, text);
  if (symbols.length > 0) throw new Error(`numbers.${set}: '${text}' has a ] too many`);
  return tokens;
}

/** Takes symbols off the front up to the end, or the bracket that closes what it was called for. */
function readTokens(symbols: string[], set: string, text: string): Token[] {
  const tokens: Token[] = [];
  for (let symbol = symbols[0]; symbol !== undefined && symbol !== ']'; symbol = symbols[0]) {
    symbols.shift();
    const speaks = SPEAKS[symbol.charAt(0) as keyof typeof SPEAKS];
    if (symbol === '[') {
      tokens.push({ optional: readTokens(symbols, set, text) });
      if (symbols.shift() !== ']') throw new Error(`numbers.${set}: '${text}' lacks a ]`);
    } else if (speaks === undefined) {
      tokens.push({ word: symbol });
    } else {
      tokens.push({ speaks, set: symbol.slice(1) || set });
    }
  }
  return tokens;
}

/** Every word the rules use. */
export function wordsOf(rules: NumberRules): Set<string> {
  const inTokens = (tokens: readonly Token[]): string[] =>
    tokens.flatMap((token) => ('word' in token ? [token.word] : 'optional' in token ? inTokens(token.optional) : []));
  return new Set([...rules.values()].flat().flatMap((rule) => inTokens(rule.tokens)));
}

/**
 * The words of a whole number from 0, in order.
 * @throws Error when no rule is for it, or the rules never end
 */
export function countWords(rules: NumberRules, count: number): string[] {
  return speak(rules, 'count', count, 0);
}

function speak(rules: NumberRules, set: string, value: number, depth: number): string[] {
  const rule = rules.get(set)?.findLast(({ from }) => from <= value);
  if (rule === undefined) throw new Error(`numbers.${set} has no rule for ${value}`);
  if (depth > DEEPEST) throw new Error(`numbers.${set} does not come to an end with ${value}`);
  const power = 10 ** Math.floor(Math.log10(Math.max(1, rule.from)) + 1e-9);
  const values = { quotient: Math.floor(value / power), remainder: value % power, same: value };
  const inTokens = (tokens: readonly Token[]): string[] =>
    tokens.flatMap((token) => {
      if ('word' in token) return [token.word];
      if ('optional' in token) return values.remainder === 0 ? [] : inTokens(token.optional);
      return speak(rules, token.set, values[token.speaks], depth + 1);
    });
  return inTokens(rule.tokens);
}

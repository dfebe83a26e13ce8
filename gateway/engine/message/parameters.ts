/** A `;name` or `;name=value`; the value as written, quotes included. */
export interface Parameter {
  readonly name: string;
  readonly value: string | undefined;
}

const PARAMETER = /[ \t]*;[ \t]*([^\s;=,"<>]+)(?:[ \t]*=[ \t]*("(?:[^"\\]|\\.)*"|[^\s;,"<>]+))?[ \t]*/y;

/** Reads `;a=b;c` from `start` to the end of the text; undefined when something else is there. */
export function parseParameters(text: string, start: number): Parameter[] | undefined {
  const parameters: Parameter[] = [];
  let at = start;
  while (at < text.length) {
    PARAMETER.lastIndex = at;
    const match = PARAMETER.exec(text);
    if (match?.[1] === undefined) return text.slice(at).trim() === '' ? parameters : undefined;
    parameters.push({ name: match[1], value: match[2] });
    at = PARAMETER.lastIndex;
  }
  return parameters;
}

/** The value of a parameter, `''` for one without a value, undefined when it is not there. Names know no case. */
export function parameter(parameters: readonly Parameter[], name: string): string | undefined {
  const found = parameters.find((each) => each.name.toLowerCase() === name);
  return found === undefined ? undefined : (found.value ?? '');
}

export function formatParameters(parameters: readonly Parameter[]): string {
  return parameters.map(({ name, value }) => (value === undefined ? `;${name}` : `;${name}=${value}`)).join('');
}

/** Splits a header value at its commas, leaving those inside quotes and angle brackets alone. */
export function splitList(value: string): string[] {
  const parts: string[] = [];
  let start = 0;
  let quoted = false;
  let bracketed = false;
  for (let at = 0; at < value.length; at++) {
    const char = value[at];
    if (quoted) {
      if (char === '\\') at++;
      else if (char === '"') quoted = false;
    } else if (char === '"') quoted = true;
    else if (char === '<') bracketed = true;
    else if (char === '>') bracketed = false;
    else if (char === ',' && !bracketed) {
      parts.push(value.slice(start, at).trim());
      start = at + 1;
    }
  }
  parts.push(value.slice(start).trim());
  return parts;
}

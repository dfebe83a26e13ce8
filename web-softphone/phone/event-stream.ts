export interface StreamEvent {
  readonly name: string;
  readonly data: string;
}

/** Takes a stream's text in pieces of any size; returns the events each piece completes. */
export interface EventStreamParser {
  push(text: string): StreamEvent[];
}

/** Parses `text/event-stream` as the HTML standard says (9.2.6); ids and retry times are of no use here. */
export function createEventStreamParser(): EventStreamParser {
  let pending = '';
  let atStart = true;
  let name = '';
  let data: string[] = [];

  function takeLine(line: string): StreamEvent | undefined {
    if (line === '') return dispatch();
    const colon = line.indexOf(':');
    if (colon === 0) return undefined;
    const field = colon === -1 ? line : line.slice(0, colon);
    const value = colon === -1 ? '' : line.slice(colon + 1).replace(/^ /, '');
    if (field === 'event') name = value;
    else if (field === 'data') data.push(value);
    return undefined;
  }

  function dispatch(): StreamEvent | undefined {
    const event = data.length === 0 ? undefined : { name: name === '' ? 'message' : name, data: data.join('\n') };
    name = '';
    data = [];
    return event;
  }

  return {
    push(text) {
      pending += text;
      if (atStart && pending !== '') {
        pending = pending.replace(/^\uFEFF/, '');
        atStart = false;
      }
      const events: StreamEvent[] = [];
      for (let end = findLineEnd(pending); end !== undefined; end = findLineEnd(pending)) {
        const event = takeLine(pending.slice(0, end.at));
        if (event !== undefined) events.push(event);
        pending = pending.slice(end.next);
      }
      return events;
    },
  };
}

/** The first complete line end; a CR at the very end may be half of a CRLF and is left for the next piece. */
function findLineEnd(text: string): { at: number; next: number } | undefined {
  const at = text.search(/[\r\n]/);
  if (at === -1) return undefined;
  if (text[at] === '\n') return { at, next: at + 1 };
  if (at === text.length - 1) return undefined;
  return { at, next: text[at + 1] === '\n' ? at + 2 : at + 1 };
}

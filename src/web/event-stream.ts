/** One server-sent event. */
export interface StreamEvent {
  readonly type: string;
  readonly data: string;
  /** Its position, where it has one. */
  readonly id: string | null;
}

/** Takes the parts of a stream of server-sent events as they come, however they are cut, and tells of each whole event. */
export function parseEvents(onEvent: (event: StreamEvent) => void): (part: string) => void {
  let rest = '';
  let type = 'message';
  let data: string[] = [];
  let id: string | null = null;
  const line = (text: string) => {
    if (text === '') {
      if (data.length > 0) onEvent({ type, data: data.join('\n'), id });
      [type, data, id] = ['message', [], null];
      return;
    }
    const colon = text.indexOf(':');
    const field = colon < 0 ? text : text.slice(0, colon);
    const value = colon < 0 ? '' : text.slice(colon + 1).replace(/^ /, '');
    if (field === 'event') type = value;
    if (field === 'data') data.push(value);
    if (field === 'id') id = value;
  };
  return (part) => {
    const lines = (rest + part).split(/\r\n|\n|\r(?!$)/);
    rest = lines.pop() ?? '';
    for (const text of lines) line(text);
  };
}

import type { Readable } from 'node:stream';
import sax from 'sax';

/** Elements inside each other. Workbooks need about ten. */
const mostDepth = 64;

export type Attributes = Readonly<Record<string, string>>;

export interface Handlers {
  open?(name: string, attributes: Attributes): void;
  text?(text: string): void;
  close?(name: string): void;
}

/** Names may have any prefix: some programs write `<x:row>`. */
function local(name: string): string {
  return name.slice(name.indexOf(':') + 1);
}

function locals(attributes: Attributes): Attributes {
  for (const name in attributes) {
    if (name.includes(':'))
      return Object.fromEntries(Object.entries(attributes).map(([key, value]) => [local(key), value]));
  }
  return attributes;
}

/**
 * Reads the XML of one part, piece by piece; yields each piece once it has been read. Throws an Error with a sentence where
 * it is not well-formed. No more of it than one element is ever held, and no entity is taken from the document itself.
 */
export async function* readXml(stream: Readable, handlers: Handlers): AsyncGenerator<Buffer, void> {
  const reader = sax.parser(true, { position: false });
  const decoder = new TextDecoder('utf-8', { fatal: true });
  let depth = 0;
  let failure: Error | undefined;
  const fail = (message: string) => {
    failure ??= new Error(message);
  };
  reader.onerror = (error) => {
    fail(`its XML is broken: ${error.message.split('\n', 1)[0]}`);
  };
  reader.ondoctype = () => fail('its XML holds a document type, which no workbook has');
  reader.onopentag = ({ name, attributes }) => {
    depth += 1;
    if (depth > mostDepth) fail(`its XML has more than ${mostDepth} elements inside each other`);
    else handlers.open?.(local(name), locals(attributes as Attributes));
  };
  reader.onclosetag = (name) => {
    depth -= 1;
    handlers.close?.(local(name));
  };
  const text = (piece: string) => handlers.text?.(piece);
  reader.ontext = text;
  reader.oncdata = text;
  for await (const chunk of stream) {
    const piece = chunk as Buffer;
    reader.write(decoder.decode(piece, { stream: true }));
    if (failure !== undefined) throw failure;
    yield piece;
  }
  reader.write(decoder.decode()).close();
  if (failure !== undefined) throw failure;
}

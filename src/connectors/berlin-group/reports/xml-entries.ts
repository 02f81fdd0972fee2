import { SaxesParser } from 'saxes';

/** An element with everything in it. Names are without their prefix: banks choose different ones. */
export interface XmlElement {
  readonly name: string;
  /** `noAttributes`, if it has none. */
  readonly attributes: Readonly<Record<string, string>>;
  readonly children: XmlElement[];
  text: string;
}

/** Most elements have none, and there are millions of them. */
const noAttributes: XmlElement['attributes'] = {};

/** Deeper than any message of ISO 20022. */
const maxDepth = 40;
/** In one entry: a batch of ten thousand payments has fewer, and is shorter. */
const maxElementsPerEntry = 500_000;
const maxEntryLength = 32 * 1_024 * 1_024;
/** From one tag to the next outside of entries; the parser keeps all of it. */
const maxLengthBetween = 1_024 * 1_024;

/**
 * Reads a document piece by piece and keeps no more of it than the entry being read. Strict: what is not
 * well-formed throws, and so does a document type, which no report has and attacks begin with.
 */
export class XmlEntries {
  readonly #parser = new SaxesParser({ xmlns: false, position: false } as const);
  readonly #entryName: string;
  readonly #containerNames: readonly string[];
  /** Whether the document had an element that may hold entries. */
  hasContainer = false;
  /** Open elements of the entry being read, outermost first. */
  readonly #open: XmlElement[] = [];
  #depth = 0;
  #elements = 0;
  /** How much was read since the entry began, or outside of one since the last tag. */
  #length = 0;
  #complete: XmlElement[] = [];

  constructor(entryName: string, containerNames: readonly string[]) {
    this.#entryName = entryName;
    this.#containerNames = containerNames;
    this.#parser.on('opentag', ({ name, attributes }) => this.#opened(name, attributes));
    this.#parser.on('closetag', () => this.#closed());
    this.#parser.on('text', (text) => this.#said(text));
    this.#parser.on('cdata', (text) => this.#said(text));
    this.#parser.on('doctype', () => {
      throw new SyntaxError('a document type');
    });
  }

  /** The entries that this piece completes. @throws Error */
  read(piece: string): readonly XmlElement[] {
    this.#length += piece.length;
    this.#parser.write(piece);
    if (this.#length > (this.#open.length > 0 ? maxEntryLength : maxLengthBetween))
      throw new SyntaxError('too much without an end');
    return this.#taken();
  }

  /** The last entries. @throws Error for a document that has not ended */
  end(): readonly XmlElement[] {
    this.#parser.close();
    return this.#taken();
  }

  #taken(): readonly XmlElement[] {
    const complete = this.#complete;
    this.#complete = [];
    return complete;
  }

  #opened(qualified: string, attributes: Record<string, string>): void {
    const name = qualified.slice(qualified.indexOf(':') + 1);
    this.#depth += 1;
    if (this.#depth > maxDepth) throw new SyntaxError('XML nested too deeply');
    const parent = this.#open.at(-1);
    if (parent === undefined) this.#length = 0;
    if (parent === undefined && name !== this.#entryName) {
      this.hasContainer ||= this.#containerNames.includes(name);
      return;
    }
    this.#elements = parent === undefined ? 1 : this.#elements + 1;
    if (this.#elements > maxElementsPerEntry) throw new SyntaxError('an entry of too many elements');
    let own = noAttributes;
    for (const _ in attributes) own = attributes;
    const element: XmlElement = { name, attributes: own, children: [], text: '' };
    parent?.children.push(element);
    this.#open.push(element);
  }

  #closed(): void {
    this.#depth -= 1;
    const element = this.#open.pop();
    if (this.#open.length === 0) this.#length = 0;
    if (element !== undefined && this.#open.length === 0) this.#complete.push(element);
  }

  #said(text: string): void {
    const element = this.#open.at(-1);
    if (element !== undefined) element.text += text;
  }
}

/** The first element at the end of this path. */
export function elementAt(from: XmlElement, ...path: readonly string[]): XmlElement | undefined {
  let at: XmlElement | undefined = from;
  for (const name of path) at = at?.children.find((child) => child.name === name);
  return at;
}

export function elementsOf(from: XmlElement, name: string): readonly XmlElement[] {
  return from.children.filter((child) => child.name === name);
}

/** As JSON: text, or an object with a list wherever a name comes more than once. Attributes have an `@`. */
export function jsonOfElement({ attributes, children, text }: XmlElement): unknown {
  if (children.length === 0 && attributes === noAttributes) return text;
  const fields: Record<string, unknown> = {};
  if (attributes !== noAttributes)
    for (const [name, value] of Object.entries(attributes)) fields[`@${name}`] = value;
  if (children.length === 0) fields['#text'] = text;
  for (const child of children) {
    // As the name of a field this one would make its value the prototype.
    const name = child.name === '__proto__' ? '_proto_' : child.name;
    const json = jsonOfElement(child);
    const known = Object.hasOwn(fields, name) ? fields[name] : undefined;
    if (known === undefined) fields[name] = json;
    else if (Array.isArray(known)) known.push(json);
    else fields[name] = [known, json];
  }
  return fields;
}

/** The element that `jsonOfElement` told of. Text beside children is not in it. @throws SyntaxError for other JSON */
export function elementOfJson(name: string, json: unknown): XmlElement {
  if (typeof json === 'string') return { name, attributes: noAttributes, children: [], text: json };
  if (typeof json !== 'object' || json === null || Array.isArray(json))
    throw new SyntaxError('no element of a document');
  const fields = Object.entries(json);
  const attributes = fields.flatMap(([key, value]) =>
    key.startsWith('@') ? [[key.slice(1), String(value)] as const] : [],
  );
  const children = fields
    .filter(([key]) => !key.startsWith('@') && key !== '#text')
    .flatMap(([key, value]) => [value].flat().map((each) => elementOfJson(key, each)));
  const text = fields.find(([key]) => key === '#text')?.[1];
  return {
    name,
    attributes: attributes.length === 0 ? noAttributes : Object.fromEntries(attributes),
    children,
    text: typeof text === 'string' ? text : '',
  };
}

/** A piece of an XML document: a name, then either text or more pieces. Absent pieces are left out. */
export type Xml = readonly [name: string, content: string | readonly (Xml | undefined)[], currency?: string];

/** An element that may be long: what is in it is made as it is taken. */
export interface LongXml {
  readonly name: string;
  readonly content: Iterable<Xml | LongXml>;
}

/** The document piece by piece, with what XML 1.0 cannot hold replaced, as a bank's own systems do it. */
export function* xmlDocument(namespace: string, { name, content }: LongXml): Generator<string> {
  yield `<?xml version="1.0" encoding="UTF-8"?>\n<${name} xmlns="${namespace}">`;
  yield* pieces(content);
  yield `</${name}>\n`;
}

function* pieces(content: LongXml['content']): Generator<string> {
  for (const xml of content) {
    if (!('content' in xml)) {
      yield piece(xml);
      continue;
    }
    yield `<${xml.name}>`;
    yield* pieces(xml.content);
    yield `</${xml.name}>`;
  }
}

function piece(xml: Xml | undefined): string {
  if (xml === undefined) return '';
  const [name, content, currency] = xml;
  const attribute = currency === undefined ? '' : ` Ccy="${escaped(currency)}"`;
  const body = typeof content === 'string' ? escaped(content) : content.map(piece).join('');
  return `<${name}${attribute}>${body}</${name}>`;
}

/** Anything but plain text in a Latin or similar script; most texts have nothing of it. */
const special = /[^\t\n\u0020-\u0021\u0023-\u0025\u0027-\u003b\u003d\u003f-\ud7ff]/;

function escaped(text: string): string {
  if (!special.test(text)) return text;
  return text
    .toWellFormed()
    .replaceAll(/[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\u{10000}-\u{10ffff}]/gu, '.')
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('"', '&quot;')
    .replaceAll('\r', '&#13;');
}

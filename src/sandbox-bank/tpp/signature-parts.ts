/** The header Signature (draft-cavage-http-signatures-10, section 2.1). */
export interface SignatureParts {
  readonly keyId: string;
  readonly algorithm: string;
  /** Names in lower case, in the order in which they are signed. */
  readonly headers: readonly string[];
  readonly signature: string;
}

const names = ['keyId', 'algorithm', 'headers', 'signature'];

/** Undefined unless each part is there once, and nothing else is. */
export function signaturePartsIn(header: string): SignatureParts | undefined {
  const parameter = /\s*([A-Za-z]+)="([^"]*)"\s*(,|$)/y;
  const found = new Map<string, string>();
  while (parameter.lastIndex < header.length) {
    const [, name = '', value = ''] = parameter.exec(header) ?? [];
    if (!names.includes(name) || found.has(name)) return undefined;
    found.set(name, value);
  }
  const [keyId, algorithm, headers, signature] = names.map((name) => found.get(name));
  if (keyId === undefined || algorithm === undefined || headers === undefined || signature === undefined)
    return undefined;
  return { keyId, algorithm, headers: headers.toLowerCase().split(' '), signature };
}

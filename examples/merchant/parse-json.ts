/** What was sent as JSON, or undefined: a parser's own complaint quotes what it read, and complaints end up in logs. */
export function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

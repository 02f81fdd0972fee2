/** A cookie of the flow, as it is set. */
export interface CookieKind {
  readonly name: string;
  readonly options: {
    readonly path: '/';
    readonly httpOnly: true;
    readonly sameSite: 'lax';
    readonly secure: boolean;
    readonly maxAge: number;
  };
}

export interface FlowCookies {
  /** The browser's secret. */
  readonly browser: CookieKind;
  /** The language that its user chose. */
  readonly language: CookieKind;
}

/** Outlives the longest session with its grace: a phone may throw its browser out of memory at the bank's app. */
const browserSeconds = 26 * 3600;
const languageSeconds = 365 * 86_400;

/**
 * `__Host-` keeps neighbours on other subdomains from planting a cookie. It needs https, which a loopback
 * address does not have. Lax, because the bank sends its user back by a link from another site.
 */
export function flowCookies(publicUrl: string): FlowCookies {
  const secure = publicUrl.startsWith('https:');
  const kind = (name: string, maxAge: number): CookieKind => ({
    name: secure ? `__Host-${name}` : name,
    options: { path: '/', httpOnly: true, sameSite: 'lax', secure, maxAge },
  });
  return {
    browser: kind('trellis-flow', browserSeconds),
    language: kind('trellis-language', languageSeconds),
  };
}

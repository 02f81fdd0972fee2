import type { MerchantSettings } from '../merchants/merchant.ts';
import type { Session } from './session.ts';

const maxLength = 2_048;
const loopbackHosts = new Set(['localhost', '127.0.0.1', '[::1]']);

/** Schemes whose address is a program or a page of its own, never a place to go. */
export const runningSchemes: ReadonlySet<string> = new Set([
  'javascript:',
  'data:',
  'vbscript:',
  'file:',
  'blob:',
  'about:',
]);
/** No scheme of an app can be one of these, whatever a merchant registers. */
const notOfApps: ReadonlySet<string> = new Set([...runningSchemes, 'ftp:', 'ws:', 'wss:']);

/**
 * What is wrong with a return URL, in words for the merchant; undefined if nothing is. Absolute; https, http
 * on loopback, or an app scheme that has a dot or is registered; no credentials, no control characters.
 */
export function returnUrlProblem(text: string, settings: MerchantSettings): string | undefined {
  if (text.length > maxLength) return `must have at most ${maxLength} characters`;
  // The parser would silently drop tabs and line breaks and turn backslashes round: refuse before it does.
  // biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what is looked for
  if (/[\u0000-\u0020\u007f-\u009f\\]/.test(text))
    return 'must not contain white space, control characters or a backslash';
  if (!URL.canParse(text)) return 'must be an absolute URL';
  const url = new URL(text);
  if (url.username !== '' || url.password !== '' || /^[a-z][a-z0-9+.-]*:\/\/[^/?#]*@/i.test(text))
    return 'must not contain credentials';
  if (url.protocol === 'https:' || url.protocol === 'http:') return webUrlProblem(text, url, settings);
  return appUrlProblem(url, settings);
}

function webUrlProblem(text: string, url: URL, settings: MerchantSettings): string | undefined {
  if (!/^https?:\/\/[^/]/i.test(text)) return 'must be an absolute URL with // after its scheme';
  if (url.port === '0') return 'must not name port 0';
  const authority = /^[a-z]+:\/\/([^/?#]*)/i.exec(text)?.[1] ?? '';
  // biome-ignore lint/suspicious/noControlCharactersInRegex: anything beyond ASCII is what is looked for
  if (/[^\u0000-\u007f]/.test(authority)) return 'must name its host in ASCII (xn--...)';
  if (url.protocol === 'http:' && !loopbackHosts.has(url.hostname))
    return 'must use https (http only on loopback)';
  if (settings.returnOrigins.length > 0 && !settings.returnOrigins.includes(url.origin))
    return 'must be on one of your registered origins';
  return undefined;
}

function appUrlProblem(url: URL, settings: MerchantSettings): string | undefined {
  const scheme = url.protocol.slice(0, -1);
  if (notOfApps.has(url.protocol)) return 'must use https or the scheme of an app';
  if (!scheme.includes('.') && !settings.appSchemes.includes(scheme))
    return 'must use https, or an app scheme that contains a dot or is registered';
  return undefined;
}

/** How the user's way through the flow ended, as the merchant's page learns it. */
export type ReturnOutcome =
  | { readonly success: true }
  | { readonly success: false; readonly reason: 'cancelled' | 'failed' | 'expired' };

/**
 * Where the user goes when the flow ends: the merchant's URL with `referenceId`, `data-session-id` and
 * `success` set in its query. Parameters of the same names are replaced, everything else stays as it was.
 */
export function returnAddress(session: Session, outcome: ReturnOutcome): string {
  const target = outcome.success ? session.returnUrl : (session.errorUrl ?? session.returnUrl);
  const parameters: [string, string][] = [
    ['referenceId', session.referenceId],
    ['data-session-id', session.id],
    ['success', String(outcome.success)],
    ...(outcome.success ? [] : [['reason', outcome.reason] as [string, string]]),
  ];
  return withQuery(target, parameters, ['referenceId', 'data-session-id', 'success', 'reason']);
}

/** Edits the text, not a parsed URL: app schemes and unusual but valid queries keep every byte. */
function withQuery(
  target: string,
  parameters: readonly [string, string][],
  replaced: readonly string[],
): string {
  const [, base = '', query = '', fragment = ''] = /^([^?#]*)(?:\?([^#]*))?(#.*)?$/s.exec(target) ?? [];
  const kept = query.split('&').filter((pair) => pair !== '' && !replaced.includes(nameOf(pair)));
  const added = parameters.map(([name, value]) => `${name}=${encodeURIComponent(value)}`);
  return `${base}?${[...kept, ...added].join('&')}${fragment}`;
}

function nameOf(pair: string): string {
  return new URLSearchParams(pair).keys().next().value ?? '';
}

import type { SessionKey } from '../sessions/session.ts';

/** Where a session's redirectUrl leads: the flow's entry, with the one token that opens it. */
export function flowEntryPath(flowToken: string): string {
  return `/flow/start?t=${encodeURIComponent(flowToken)}`;
}

/** The redirect URI that a bank knows: one per bank, so that no bank can pass for another (RFC 9700 section 2.1). */
export function callbackUrl(publicUrl: string, bankId: string): string {
  return `${publicUrl}/flow/callback/${encodeURIComponent(bankId)}`;
}

/** What every link and form of one page starts from. */
export interface Place {
  /** The page itself, without its query. */
  readonly path: string;
  /** What every address below it has to carry: the token, as long as the browser is not bound. */
  readonly keep: Readonly<Record<string, string>>;
}

export function entryPlace(flowToken: string): Place {
  return { path: '/flow/start', keep: { t: flowToken } };
}

export function sessionPlace(key: SessionKey): Place {
  return { path: `/flow/${key.merchantId}/${key.id}`, keep: {} };
}

export function hrefOf(place: Place, more: Readonly<Record<string, string>> = {}): string {
  const query = new URLSearchParams({ ...place.keep, ...more }).toString();
  return query === '' ? place.path : `${place.path}?${query}`;
}

/** Where an answer is posted. */
export function actionOf(place: Place, action: string, more: Readonly<Record<string, string>> = {}): string {
  return hrefOf({ ...place, path: `${place.path}/${action}` }, more);
}

/** Sends the user on, to the bank or back to the merchant, by a page of its own (see steps/hand-over). */
export function leavePath(key: SessionKey): string {
  return `${sessionPlace(key).path}/leave`;
}

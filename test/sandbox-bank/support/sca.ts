import { PsuBrowser, wayOut } from './psu.ts';
import { type Answer, allAccounts, type CallOptions, callback, Tpp } from './tpp.ts';

export const decoupledBank = 'trellis-decoupled-bank';
export const embeddedBank = 'trellis-embedded-bank';
export const preStepBank = 'trellis-prestep-bank';
export const confirmationBank = 'trellis-confirmation-bank';

/** A consent of a bank that does not redirect, with the calls that take it further. */
export async function openConsent(origin: string, bank: string, options: CallOptions = {}) {
  const tpp = new Tpp(origin);
  const headers = { 'TPP-Redirect-URI': null, ...options.headers };
  const created = await tpp.createConsent(options.body ?? allAccounts, { bank, headers });
  const { consentId, _links } = created.json ?? {};
  const status = async () => (await tpp.call(`/consents/${consentId}/status`, { bank })).json.consentStatus;
  const start = (psuId: string, body: unknown = {}, more: Record<string, string> = {}): Promise<Answer> => {
    const headers = { 'PSU-ID': psuId, ...more };
    return tpp.call(`/consents/${consentId}/authorisations`, { bank, method: 'POST', headers, body });
  };
  const put = (href: string, body: unknown): Promise<Answer> => tpp.call(href, { bank, method: 'PUT', body });
  const scaStatus = async (href: string) => (await tpp.call(href, { bank })).json.scaStatus;
  const read = (path: string) => tpp.call(path, { bank, headers: { 'Consent-ID': consentId } });
  return { tpp, created, consentId, links: _links, status, start, put, scaStatus, read };
}

/** A token of the OAuth2 pre-step: the customer signs in, and nothing more. */
export async function preStepToken(origin: string, userName: string, scope = 'AIS') {
  const tpp = new Tpp(origin);
  const { url, verifier } = await tpp.authorizeUrl('', { scope, state: 'pre-step' }, preStepBank);
  const psu = new PsuBrowser();
  const page = await psu.press(await psu.open(url), 'userName', userName);
  const back = wayOut(page);
  const code = back?.searchParams.get('code') ?? '';
  const tokens = await tpp.exchange(code, verifier, preStepBank);
  return { tpp, back, tokens, authorization: { Authorization: `Bearer ${tokens.json.access_token}` } };
}

export { callback };

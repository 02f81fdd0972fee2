import { PsuBrowser, wayOut } from './psu.ts';
import { type Answer, allAccounts, type Observer, redirectBank, Tpp, testBank } from './tpp.ts';

/** A consent that a persona has authorised, ready to read with. */
export interface Connected {
  readonly tpp: Tpp;
  readonly consentId: string;
  /** Headers of an attended call. */
  readonly headers: Readonly<Record<string, string>>;
  readonly accessToken: string;
  readonly refreshToken: string | undefined;
  /** Reads with the PSU there; `unattended` without him. */
  read(path: string, unattended?: boolean): Promise<Answer>;
}

export interface Journey {
  readonly userName?: string;
  readonly body?: unknown;
  readonly bank?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly observe?: Observer;
}

/** The whole way at an OAuth bank: consent, sign in, confirm, code, token. */
export async function connect(origin: string, journey: Journey = {}): Promise<Connected> {
  const { userName = 'ada', body = allAccounts, bank = testBank, headers = {} } = journey;
  const tpp = new Tpp(origin, journey.observe);
  const created = await tpp.createConsent(body, { bank, headers });
  if (created.status !== 201) throw new Error(`no consent: ${created.text}`);
  const consentId: string = created.json.consentId;
  const { url, verifier } = await tpp.authorizeUrl(consentId, {}, bank);
  const returned = wayOut(await new PsuBrowser().visit(url, userName));
  const tokens = await tpp.exchange(returned?.searchParams.get('code') ?? '', verifier, bank);
  if (tokens.status !== 200) throw new Error(`no token: ${tokens.text}`);
  return connected(tpp, bank, consentId, tokens.json.access_token, tokens.json.refresh_token);
}

/** The whole way at the bank of the plain redirect: no token in the end. */
export async function connectByRedirect(origin: string, journey: Journey = {}): Promise<Connected> {
  const { userName = 'ada', body = allAccounts, bank = redirectBank, headers = {} } = journey;
  const tpp = new Tpp(origin, journey.observe);
  const created = await tpp.createConsent(body, { bank, headers });
  if (created.status !== 201) throw new Error(`no consent: ${created.text}`);
  await new PsuBrowser().visit(created.json._links.scaRedirect.href, userName);
  return connected(tpp, bank, created.json.consentId, '', undefined);
}

function connected(
  tpp: Tpp,
  bank: string,
  consentId: string,
  accessToken: string,
  refreshToken: string | undefined,
) {
  const headers = {
    'Consent-ID': consentId,
    ...(accessToken !== '' && { Authorization: `Bearer ${accessToken}` }),
  };
  const read = (path: string, unattended = false) =>
    tpp.call(path, { bank, headers: { ...headers, ...(unattended && { 'PSU-IP-Address': null }) } });
  return { tpp, consentId, headers, accessToken, refreshToken, read };
}

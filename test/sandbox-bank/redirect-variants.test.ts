import { describe, expect, test } from 'vitest';
import { openBank } from './support/bank-under-test.ts';
import { PsuBrowser, textOf, wayOut } from './support/psu.ts';
import { confirmationBank, preStepBank, preStepToken } from './support/sca.ts';
import { allAccounts, callback, codeOf, pathOf, Tpp } from './support/tpp.ts';

const bank = openBank();

describe('OAuth2 as a step before the consent', () => {
  test('without a token there is no consent, and the answer says where to get one', async () => {
    const tpp = new Tpp(bank.current.url);
    const answer = await tpp.createConsent(allAccounts, { bank: preStepBank });
    expect(codeOf(answer)).toBe('401 TOKEN_UNKNOWN');
    const { issuer } = await tpp.metadata(preStepBank);
    const metadata = await fetch(answer.json._links.scaOAuth.href);
    expect((await metadata.json()).issuer).toBe(issuer);
  });

  test('with one there is a second step by redirect, in which nobody signs in again', async () => {
    const { tpp, tokens, authorization } = await preStepToken(bank.current.url, 'many');
    expect(tokens.json).toMatchObject({ token_type: 'Bearer', scope: 'AIS', expires_in: 600 });
    const created = await tpp.createConsent(allAccounts, { bank: preStepBank, headers: authorization });
    expect(Object.keys(created.json._links)).toContain('scaRedirect');
    const psu = new PsuBrowser();
    const page = await psu.open(created.json._links.scaRedirect.href);
    expect(textOf(page)).toContain('Signed in as Henrik Vogel');
    const login = new URLSearchParams({ userName: 'ada', password: 'x' });
    const other = await psu.submit(page, login, page.url.replace('/confirm', '/login'));
    expect(textOf(other)).toContain('Signed in as Henrik Vogel');
    const done = await psu.press(page, 'decision', 'confirm');
    expect(wayOut(done)?.href).toBe(callback);
    const headers = { ...authorization, 'Consent-ID': created.json.consentId };
    const { accounts } = (await tpp.call('/accounts', { bank: preStepBank, headers })).json;
    expect(accounts).toHaveLength(12);
    const without = { 'Consent-ID': created.json.consentId };
    expect(codeOf(await tpp.call('/accounts', { bank: preStepBank, headers: without }))).toBe(
      '401 TOKEN_UNKNOWN',
    );
  });

  test('a token of another customer does not open the consent; a new one of the same does', async () => {
    const { tpp, authorization } = await preStepToken(bank.current.url, 'ada');
    const { json } = await tpp.createConsent(allAccounts, { bank: preStepBank, headers: authorization });
    const status = (headers: Record<string, string>) =>
      tpp.call(json._links.status.href, { bank: preStepBank, headers });
    const other = await preStepToken(bank.current.url, 'many');
    expect(codeOf(await status(other.authorization))).toBe('401 TOKEN_INVALID');
    expect(codeOf(await status({}))).toBe('401 TOKEN_UNKNOWN');
    const again = await preStepToken(bank.current.url, 'ada');
    expect((await status(again.authorization)).status).toBe(200);
    const refreshed = await tpp.token(
      { grant_type: 'refresh_token', refresh_token: again.tokens.json.refresh_token },
      preStepBank,
    );
    expect((await status({ Authorization: `Bearer ${refreshed.json.access_token}` })).status).toBe(200);
  });

  test('who cancels goes back with that', async () => {
    const tpp = new Tpp(bank.current.url);
    const { url } = await tpp.authorizeUrl('', { scope: 'AIS' }, preStepBank);
    const psu = new PsuBrowser();
    const page = await psu.press(await psu.open(url), 'decision', 'cancel');
    expect(wayOut(page)?.searchParams.get('error')).toBe('access_denied');
    const declined = await preStepToken(bank.current.url, 'cancel');
    expect(declined.back?.searchParams.get('error')).toBe('access_denied');
  });

  test('any other scope goes back, and another browser does not get in', async () => {
    const tpp = new Tpp(bank.current.url);
    const { url } = await tpp.authorizeUrl('', { scope: 'AIS:some-consent' }, preStepBank);
    const page = await new PsuBrowser().open(url);
    expect(new URL(page.url).searchParams.get('error')).toBe('invalid_scope');
    const good = await tpp.authorizeUrl('', { scope: 'AIS' }, preStepBank);
    const login = await new PsuBrowser().open(good.url);
    expect((await new PsuBrowser().open(login.url)).status).toBe(403);
  });
});

describe('a redirect with a confirmation code', () => {
  async function confirmed() {
    const tpp = new Tpp(bank.current.url);
    const { json } = await tpp.createConsent(allAccounts, { bank: confirmationBank });
    const back = wayOut(await new PsuBrowser().visit(json._links.scaRedirect.href, 'ada'));
    const put = (body: unknown) => tpp.call(json._links.confirmation.href, { method: 'PUT', body });
    const states = async () => [
      (await tpp.call(json._links.scaStatus.href)).json.scaStatus,
      (await tpp.call(json._links.status.href)).json.consentStatus,
    ];
    return { put, states, code: back?.searchParams.get('confirmationCode') };
  }

  test('is unconfirmed until the TPP sends the code', async () => {
    const { put, states, code } = await confirmed();
    expect(code).toMatch(/^[\w-]{32}$/);
    expect(await states()).toEqual(['unconfirmed', 'received']);
    const answer = await put({ confirmationCode: code });
    expect([answer.status, answer.json.scaStatus]).toEqual([200, 'finalised']);
    expect(await states()).toEqual(['finalised', 'valid']);
    expect(codeOf(await put({ confirmationCode: code }))).toBe('409 STATUS_INVALID');
  });

  test('fails with a wrong code', async () => {
    const { put, states } = await confirmed();
    const nonsense = await put({ confirmationCode: 7 });
    expect([codeOf(nonsense), pathOf(nonsense)]).toEqual(['400 FORMAT_ERROR', 'confirmationCode']);
    expect((await put({ confirmationCode: 'guess' })).json.scaStatus).toBe('failed');
    expect(await states()).toEqual(['failed', 'rejected']);
  });

  test('has nothing to confirm before the customer has', async () => {
    const tpp = new Tpp(bank.current.url);
    const { json } = await tpp.createConsent(allAccounts, { bank: confirmationBank });
    const answer = await tpp.call(json._links.confirmation.href, {
      method: 'PUT',
      body: { confirmationCode: 'guess' },
    });
    expect(codeOf(answer)).toBe('409 STATUS_INVALID');
  });
});

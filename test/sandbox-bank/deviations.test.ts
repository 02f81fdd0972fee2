import { randomBytes } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import { banks } from '../../src/sandbox-bank/banks.ts';
import { openBank } from './support/bank-under-test.ts';
import { connectByRedirect } from './support/journey.ts';
import { PsuBrowser, wayOut } from './support/psu.ts';
import { callback, openConsent } from './support/sca.ts';
import { type Answer, allAccounts, clientId, codeOf, oneOff, pathOf, Tpp } from './support/tpp.ts';

const bank = openBank();
const refused = (answer: Answer) => [codeOf(answer), pathOf(answer)];
const password = { psuData: { password: 'any' } };
const codeFor = (id: string) => bank.current.control.authorisations().find((each) => each.id === id)?.code;

test('the first banks to try have no deviation, and every other switch has a bank', () => {
  const first = banks.filter(({ forNewcomers }) => forNewcomers);
  expect(first.map(({ deviations }) => deviations)).toEqual(first.map(() => ({})));
  const used = new Set(banks.flatMap(({ deviations }) => Object.keys(deviations)));
  expect([...used].sort()).toEqual(
    [
      'accessKinds accountsOneByOne additionalPasswordFor apiKey authorizeNeedsBic barePathToOAuth',
      'bookedOrInformation booleansAsText camelCaseAuthorize camtVersion2 challengeDataAsText',
      'dateHeaderRequired encryptedPasswords enumDrift links linksAsList localTimestamps',
      'maxReportDays messageSigning misspeltOtpFields mutualTls noQueryOnAccounts',
      'onlyPlainAccept onlyRecurring preAuthorisation preStepScope psuAddressAlways',
      'psuIdIsSubject psuIdTypes pushDecoupled redirectUriAlways refusesBlankPsuIdType',
      'refusesForeignAccounts refusesOwnerName refusesPsuIdOnConsent reorderedPages',
      'scopeWithSpace separatePending servicePath shortPsuIds structuredRemittanceAsText',
      'tokenEndpointUntold tppToken unsignedAmounts withoutAuthorisations withoutConsents',
    ].flatMap((line) => line.split(' ')),
  );
  expect(new Set(banks.map(({ bic }) => bic)).size).toBe(banks.length);
  expect(new Set(banks.map(({ bankCode }) => bankCode)).size).toBe(banks.length);
});

describe('savings: a space in the scope, other names at the authorisation endpoint', () => {
  const name = 'trellis-savings-bank';

  async function door(changes: Record<string, string | null>) {
    const tpp = new Tpp(bank.current.url);
    const { consentId } = (await tpp.createConsent(allAccounts, { bank: name })).json;
    const scope = changes.scope ?? `AIS: ${consentId}`;
    return { tpp, ...(await tpp.authorizeUrl(consentId, { ...changes, scope }, name)) };
  }
  const camel = { response_type: null, client_id: null, responseType: 'code', clientId };

  test('lead to a token with them', async () => {
    const { tpp, url, verifier } = await door(camel);
    const code = wayOut(await new PsuBrowser().visit(url, 'ada'))?.searchParams.get('code');
    const tokens = await tpp.exchange(code ?? '', verifier, name);
    expect(tokens.json.scope).toMatch(/^AIS: [0-9a-f-]{36}$/);
    const headers = {
      'Consent-ID': tokens.json.scope.slice('AIS: '.length),
      Authorization: `Bearer ${tokens.json.access_token}`,
    };
    const [account] = (await tpp.call('/accounts', { bank: name, headers })).json.accounts;
    const href = `${account._links.transactions.href}?bookingStatus=both&dateFrom=2027-03-01`;
    const { text } = await tpp.call(href, { headers });
    expect(text).toContain('<Document xmlns="urn:iso:std:iso:20022:tech:xsd:camt.052.001.02">');
    expect(text).toContain('<Sts>BOOK</Sts>');
    expect(text).toMatch(/<(Cdtr|Dbtr)><Nm>/);
    expect(text).not.toMatch(/BICFI|<Pty>/);
  });

  test('and nowhere without', async () => {
    expect((await new PsuBrowser().open((await door({})).url)).status).toBe(400);
    const tight = await door({ ...camel, scope: `AIS:${randomBytes(4).toString('hex')}` });
    expect((await new PsuBrowser().open(tight.url)).status).toBe(400);
  });
});

test('push: a method of the embedded approach that is approved in the app', async () => {
  const { start, put, scaStatus, status } = await openConsent(bank.current.url, 'trellis-push-bank');
  const step = await start('ada', password);
  expect(step.json.scaMethods.at(-1)).toMatchObject({ authenticationType: 'PUSH_DEC' });
  const { href } = step.json._links.selectAuthenticationMethod;
  const chosen = await put(href, { authenticationMethodId: 'app' });
  expect(chosen.json).toMatchObject({
    scaStatus: 'started',
    chosenScaMethod: { authenticationType: 'PUSH_DEC' },
    psuMessage: expect.stringContaining('/app'),
  });
  expect(Object.keys(chosen.json._links)).toEqual(['scaStatus']);
  expect(await scaStatus(chosen.json._links.scaStatus.href)).toBe('started');
  expect(bank.current.control.answerInApp(step.json.authorisationId, 'approve')).toBe(true);
  expect(await status()).toBe('valid');
});

describe('cooperative', () => {
  const name = 'trellis-cooperative-bank';

  test('gives lasting access only, and of an account booked rows or standing orders', async () => {
    const once = await openConsent(bank.current.url, name, { body: oneOff });
    expect(refused(once.created)).toEqual(['400 PARAMETER_NOT_SUPPORTED', 'recurringIndicator']);
    const { start, read } = await openConsent(bank.current.url, name);
    await start('exempt', password);
    const [{ _links }] = (await read('/accounts')).json.accounts;
    const report = (status: string) =>
      read(`${_links.transactions.href}?bookingStatus=${status}&dateFrom=2027-03-01`);
    const booked = (await report('booked')).json.transactions;
    expect(Object.keys(booked)).toEqual(['booked', '_links']);
    const { information, ...others } = (await report('information')).json.transactions;
    expect(Object.keys(others)).toEqual(['_links']);
    expect(information).toMatchObject([
      {
        creditorName: 'Hausverwaltung Kern',
        transactionAmount: { currency: 'EUR', amount: '-940.00' },
        additionalInformationStructured: {
          standingOrderDetails: { startDate: '2025-01-01', frequency: 'Monthly', dayOfExecution: '1' },
        },
      },
      { creditorName: 'Eigenes Sparkonto' },
    ]);
    for (const row of information) expect(row).not.toHaveProperty('bookingDate');
    expect(refused(await report('all'))).toEqual(['400 PARAMETER_NOT_SUPPORTED', 'bookingStatus']);
    expect(refused(await report('both'))).toEqual(['400 PARAMETER_NOT_SUPPORTED', 'bookingStatus']);
  });

  test('writes the challenge as a text', async () => {
    const { start, put } = await openConsent(bank.current.url, name);
    const step = await start('ada', password);
    const chosen = await put(step.json._links.selectAuthenticationMethod.href, {
      authenticationMethodId: 'chip',
    });
    const { data } = chosen.json.challengeData;
    expect([...data].reverse().join('')).toBe(codeFor(step.json.authorisationId));
  });
});

describe('postal', () => {
  const name = 'trellis-postal-bank';
  const date = { Date: 'Fri, 12 Mar 2027 12:00:00 GMT' };
  const create = (headers: Record<string, string>) => openConsent(bank.current.url, name, { headers });

  test('wants a date on every call, and its own kind of PSU-ID', async () => {
    expect(refused((await create({})).created)).toEqual(['400 FORMAT_ERROR', 'Date']);
    expect(refused((await create({ Date: '2027-03-12' })).created)).toEqual(['400 FORMAT_ERROR', 'Date']);
    const psu = { ...date, 'PSU-ID': 'ada' };
    expect(refused((await create(psu)).created)).toEqual(['400 FORMAT_ERROR', 'PSU-ID-Type']);
    const wrong = await create({ ...psu, 'PSU-ID-Type': 'OTHER' });
    expect(refused(wrong.created)).toEqual(['400 FORMAT_ERROR', 'PSU-ID-Type']);
  });

  test('asks in the app as soon as there is a consent, if it knows whom', async () => {
    const { created, tpp } = await create({ ...date, 'PSU-ID': 'ada', 'PSU-ID-Type': 'DE_ONLB_TRPO' });
    expect(created.json).toMatchObject({ scaStatus: 'started', psuMessage: expect.stringContaining('/app') });
    const id = created.json._links.scaStatus.href.split('/').at(-1);
    expect(bank.current.control.answerInApp(id, 'approve')).toBe(true);
    const answer = await tpp.call(created.json._links.scaStatus.href, { headers: date });
    expect(answer.json).toEqual({ scaStatus: 'finalised' });
    const unknown = await create(date);
    expect(Object.keys(unknown.created.json._links)).toContain('startAuthorisationWithPsuIdentification');
  });
});

describe('legacy: version 1.1', () => {
  const name = 'trellis-legacy-bank';
  const redirect = { 'TPP-Redirect-URI': callback };
  const psu = { ...redirect, 'PSU-ID': 'ada', 'PSU-ID-Type': 'TRLG_ONLINEBANKING' };
  /** One object of the list that this bank writes. */
  const linksIn = ({ json }: Answer): Record<string, { href: string }> => Object.assign({}, ...json._links);

  test('authorises by PUT of the consent, and has no authorisations', async () => {
    const { created, consentId, put, status, tpp, read } = await openConsent(bank.current.url, name, {
      headers: psu,
    });
    const self = linksIn(created).self?.href ?? '';
    expect(created.json.scaStatus).toBeUndefined();
    expect(created.json._links).toEqual([
      { updatePsuAuthentication: { href: self } },
      { status: { href: `${self}/status` } },
      { self: { href: self } },
    ]);
    const authenticated = await put(self, password);
    expect(Object.keys(authenticated.json)).toEqual(['scaMethods', '_links']);
    expect(linksIn(authenticated).selectAuthenticationMethod).toEqual({ href: self });
    const chosen = await put(self, { authenticationMethodId: 'sms' });
    expect(chosen.json.challengeData).toMatchObject({ optMaxLength: 6, optFormat: 'integer' });
    expect(chosen.json.challengeData.otpFormat).toBeUndefined();
    const [authorisation] = bank.current.control
      .authorisations()
      .filter((each) => each.consentId === consentId);
    const code = { scaAuthenticationData: authorisation?.code };
    expect(linksIn(chosen).authoriseTransaction).toEqual({ href: self });
    const done = await put(self, code);
    expect(done.json).toEqual({ _links: [{ status: { href: `${self}/status` } }] });
    expect(await status()).toBe('valid');
    expect(codeOf(await tpp.call(`${self}/authorisations`))).toBe('404 RESOURCE_UNKNOWN');
    expect(refused(await read('/accounts?withBalance=true'))).toEqual([
      '400 PARAMETER_NOT_SUPPORTED',
      'withBalance',
    ]);
    expect((await read('/accounts')).status).toBe(200);
    const unattended = await tpp.call('/accounts', {
      bank: name,
      headers: { 'Consent-ID': consentId, 'PSU-IP-Address': null },
    });
    expect(refused(unattended)).toEqual(['400 FORMAT_ERROR', 'PSU-IP-Address']);
  });

  test('knows no explicit start', async () => {
    const headers = { ...psu, 'TPP-Explicit-Authorisation-Preferred': 'true' };
    const { created } = await openConsent(bank.current.url, name, { headers });
    expect(Object.keys(linksIn(created))).toEqual(['updatePsuAuthentication', 'status', 'self']);
  });

  test('wants to know the customer from the start, and where he could come back', async () => {
    const create = async (headers: Record<string, string>) =>
      refused((await openConsent(bank.current.url, name, { headers })).created);
    expect(await create(redirect)).toEqual(['400 FORMAT_ERROR', 'PSU-ID']);
    const { 'TPP-Redirect-URI': _missing, ...others } = psu;
    expect(await create(others)).toEqual(['400 FORMAT_ERROR', 'TPP-Redirect-URI']);
  });

  test('other banks take no PUT there', async () => {
    const { created, put } = await openConsent(bank.current.url, 'trellis-embedded-bank');
    expect(codeOf(await put(created.json._links.self.href, password))).toBe('405 SERVICE_INVALID');
  });
});

test('broker: no PSU-ID on the consent', async () => {
  const tpp = new Tpp(bank.current.url);
  const create = (headers: Record<string, string>) =>
    tpp.createConsent(allAccounts, { bank: 'trellis-broker-bank', headers });
  expect(refused(await create({ 'PSU-ID': 'ada' }))).toEqual(['400 PARAMETER_NOT_SUPPORTED', 'PSU-ID']);
  expect(refused(await create({ 'PSU-ID': '' }))).toEqual(['400 PARAMETER_NOT_SUPPORTED', 'PSU-ID']);
  const { json } = await create({});
  const { href } = json._links.startAuthorisationWithPsuIdentification;
  const headers = { 'PSU-ID': 'ada' };
  expect((await tpp.call(href, { method: 'POST', headers, body: {} })).json.scaStatus).toBe('started');
});

describe('direct: a token for user name and password', () => {
  const name = 'trellis-direct-bank';
  const token = (body: unknown) =>
    fetch(`${bank.current.url}/berlin-group/${name}/pre-authorisation`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(body),
    });

  test('comes first, and goes into a header of its own', async () => {
    const { access_token: accessToken } = await (await token({ username: 'ada', password: 'any' })).json();
    const missing = await openConsent(bank.current.url, name);
    expect(refused(missing.created)).toEqual(['401 TOKEN_UNKNOWN', 'PSD2-Authorization']);
    const usual = { Authorization: `Bearer ${accessToken}` };
    const misplaced = await openConsent(bank.current.url, name, { headers: usual });
    expect(codeOf(misplaced.created)).toBe('401 TOKEN_UNKNOWN');
    const headers = { 'PSD2-Authorization': `Bearer ${accessToken}` };
    const { created, consentId, tpp } = await openConsent(bank.current.url, name, { headers });
    const href = created.json._links.startAuthorisation.href;
    const step = await tpp.call(href, { method: 'POST', headers, body: {} });
    expect(step.json).toMatchObject({ scaStatus: 'psuAuthenticated' });
    const put = (link: string, body: unknown) => tpp.call(link, { method: 'PUT', headers, body });
    const chosen = await put(step.json._links.selectAuthenticationMethod.href, {
      authenticationMethodId: 'sms',
    });
    await put(chosen.json._links.authoriseTransaction.href, {
      scaAuthenticationData: codeFor(step.json.authorisationId),
    });
    const read = (more: Record<string, string>) =>
      tpp.call('/accounts', { bank: name, headers: { 'Consent-ID': consentId, ...more } });
    expect((await read(headers)).json.accounts).toHaveLength(1);
    expect(codeOf(await read({}))).toBe('401 TOKEN_UNKNOWN');
  });

  test('is for those who know the password, at a bank that has this', async () => {
    expect((await token({ username: 'ada', password: 'wrong' })).status).toBe(401);
    expect((await token({ username: 'nobody', password: 'x' })).status).toBe(401);
    expect((await token({ username: 'ada' })).status).toBe(400);
    const elsewhere = `${bank.current.url}/berlin-group/trellis-test-bank/pre-authorisation`;
    expect((await fetch(elsewhere, { method: 'POST' })).status).toBe(404);
  });
});

test('key: a key on every call, a plain Accept, no blank header', async () => {
  const tpp = new Tpp(bank.current.url);
  const key = { 'X-API-Key': 'trellis-sandbox-key', Accept: 'application/json' };
  const create = (headers: Record<string, string>) =>
    tpp.createConsent(allAccounts, { bank: 'trellis-key-bank', headers });
  expect((await create(key)).status).toBe(201);
  expect(refused(await create({ ...key, 'X-API-Key': 'guess' }))).toEqual(['401 ROLE_INVALID', 'X-API-Key']);
  for (const Accept of ['*/*', 'application/json, application/problem+json', 'application/*']) {
    expect(codeOf(await create({ ...key, Accept }))).toBe('406 REQUESTED_FORMATS_INVALID');
  }
  expect(refused(await create({ ...key, 'PSU-ID-Type': '' }))).toEqual(['400 FORMAT_ERROR', 'PSU-ID-Type']);
});

test('drift begins with the consent, and awaits the password', async () => {
  const { created, put, status } = await openConsent(bank.current.url, 'trellis-drift-bank', {
    headers: { 'PSU-ID': 'exempt' },
  });
  expect(created.json.scaStatus).toBe('psuIdentified');
  const done = await put(created.json._links.updatePsuAuthentication.href, password);
  expect([done.json.scaStatus, await status()]).toEqual(['exempted', 'valid']);
});

describe('kinds of consent', () => {
  const create = (name: string, access: unknown) =>
    new Tpp(bank.current.url).createConsent({ ...allAccounts, access }, { bank: name });

  test('offered: the customer picks, and the list names numbers only', async () => {
    const name = 'trellis-offered-bank';
    const global = await create(name, { allPsd2: 'allAccounts' });
    expect(refused(global)).toEqual(['400 PARAMETER_NOT_SUPPORTED', 'access']);
    const access = { balances: [], transactions: [] };
    const owner = await create(name, { ...access, additionalInformation: { ownerName: [] } });
    expect(refused(owner)).toEqual(['400 PARAMETER_NOT_SUPPORTED', 'access']);
    const { read } = await connectByRedirect(bank.current.url, {
      bank: name,
      body: { ...allAccounts, access },
    });
    const [account] = (await read('/accounts')).json.accounts;
    expect(Object.keys(account)).toEqual(['resourceId', 'iban', 'currency', '_links']);
    const details = (await read(account._links.account.href)).json.account;
    expect(details).toMatchObject({ name: 'Current account', cashAccountType: 'CACC' });
  });

  test('detailed: the TPP names the accounts', async () => {
    const name = 'trellis-detailed-bank';
    for (const access of [{ allPsd2: 'allAccounts' }, { balances: [] }]) {
      expect(refused(await create(name, access))).toEqual(['400 PARAMETER_NOT_SUPPORTED', 'access']);
    }
    const foreign = { accounts: [{ iban: 'DE89370400440532013000' }] };
    expect(refused(await create(name, foreign))).toEqual(['400 RESOURCE_UNKNOWN', 'access.accounts[0].iban']);
    const numbers = await fetch(`${bank.current.url}/control/accounts?bank=${name}&userName=many`);
    const [, salary] = JSON.parse(await numbers.text());
    const body = { ...allAccounts, access: { accounts: [{ iban: salary.iban }] } };
    const { read } = await connectByRedirect(bank.current.url, { bank: name, userName: 'many', body });
    expect((await read('/accounts')).json.accounts).toMatchObject([{ name: 'Salary account' }]);
  });
});

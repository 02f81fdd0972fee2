import { randomUUID } from 'node:crypto';
import { beforeEach, describe, expect, test } from 'vitest';
import { openBank } from './support/bank-under-test.ts';
import { connect, connectByRedirect } from './support/journey.ts';
import { descriptionFile, OfficialDescription } from './support/official-description.ts';
import { PsuBrowser } from './support/psu.ts';
import { type Answer, allAccounts, callback, oneOff, redirectBank, Tpp, testBank } from './support/tpp.ts';

const bank = openBank();
const description = descriptionFile === undefined ? undefined : new OfficialDescription(descriptionFile);
const why = 'the official Berlin Group description is not on this machine (TRELLIS_SPECS_DIR)';

describe.skipIf(description === undefined)(
  `answers as the official description has them; else: ${why}`,
  () => {
    let judged: string[] = [];
    let problems: string[] = [];
    beforeEach(() => {
      judged = [];
      problems = [];
    });
    const observe = (method: string, target: string, answer: Answer) => {
      judged.push(`${method} ${answer.status}`);
      problems.push(...(description?.violations(method, target, answer) ?? []));
    };

    test.each(['ada', 'many', 'joint', 'every', 'noname', 'noaccounts'])(
      'the whole way of %s',
      async (userName) => {
        for (const [way, name] of [
          [connect, testBank],
          [connectByRedirect, redirectBank],
          [connect, 'alpen-test-bank'],
        ] as const) {
          const { consentId, read, tpp } = await way(bank.current.url, { userName, bank: name, observe });
          const { accounts } = (await read('/accounts')).json;
          for (const { _links } of accounts) {
            for (const link of [_links.account, _links.balances]) await read(link.href);
            const report = await read(
              `${_links.transactions.href}?bookingStatus=both&dateFrom=2026-12-01&withBalance=true`,
            );
            const next = report.json.transactions?._links.next;
            if (next !== undefined) await read(next.href);
            const [booked] = report.json.transactions?.booked ?? [];
            if (booked !== undefined) await read(booked._links.transactionDetails.href);
          }
          for (const part of ['', '/status', '/authorisations']) await read(`/consents/${consentId}${part}`);
          await tpp.call(`/consents/${consentId}`, { bank: name, method: 'DELETE' });
        }
        expect(problems).toEqual([]);
        expect(judged.length).toBeGreaterThanOrEqual(18);
      },
    );

    test.each(['business', 'heavy', 'pending', 'twins', 'repeats', 'shifting'])(
      'the reports of %s',
      async (userName) => {
        const { read } = await connectByRedirect(bank.current.url, { userName, observe });
        const { accounts } = (await read('/accounts?withBalance=true')).json;
        for (const { _links } of accounts) {
          const query = 'bookingStatus=both&dateFrom=2027-03-01&withBalance=true';
          const report = await read(`${_links.transactions.href}?${query}`);
          const [booked] = report.json.transactions.booked;
          if (booked?._links !== undefined) await read(booked._links.transactionDetails.href);
        }
        expect(problems).toEqual([]);
        expect(judged.length).toBeGreaterThanOrEqual(3);
      },
    );

    test('standing orders', async () => {
      const tpp = new Tpp(bank.current.url, observe);
      const at = { bank: 'trellis-cooperative-bank' };
      const { consentId, _links } = (await tpp.createConsent(allAccounts, at)).json;
      const { href } = _links.startAuthorisationWithPsuAuthentication;
      const headers = { 'PSU-ID': 'exempt' };
      await tpp.call(href, { ...at, method: 'POST', headers, body: { psuData: { password: 'any' } } });
      const read = (path: string) => tpp.call(path, { ...at, headers: { 'Consent-ID': consentId } });
      const [account] = (await read('/accounts')).json.accounts;
      await read(`${account._links.transactions.href}?bookingStatus=information`);
      expect([problems, judged.at(-1)]).toEqual([[], 'GET 200']);
    });

    test('reports that are no JSON, and card accounts', async () => {
      const camt = await connect(bank.current.url, { bank: 'trellis-camt-bank', userName: 'many', observe });
      const mt940 = await connectByRedirect(bank.current.url, { bank: 'trellis-mt940-bank', observe });
      for (const { read } of [camt, mt940]) {
        const [account] = (await read('/accounts')).json.accounts;
        await read(`${account._links.transactions.href}?bookingStatus=booked&dateFrom=2027-01-01`);
      }
      const { read } = await connectByRedirect(bank.current.url, {
        bank: 'trellis-card-bank',
        userName: 'many',
        observe,
      });
      const [card] = (await read('/card-accounts?withBalance=true')).json.cardAccounts;
      for (const link of [card._links.cardAccount, card._links.balances]) await read(link.href);
      const query = 'bookingStatus=both&dateFrom=2027-01-01&withBalance=true';
      const report = await read(`${card._links.transactions.href}?${query}`);
      await read(report.json.cardTransactions._links.next.href);
      expect(problems).toEqual([]);
      expect(judged.length).toBeGreaterThanOrEqual(12);
    });

    test('each variant of access, before and after the PSU has decided', async () => {
      const { read } = await connectByRedirect(bank.current.url, { userName: 'many', observe });
      const { accounts } = (await read('/accounts')).json;
      const references = [{ iban: accounts[0].iban, currency: 'EUR' }, { maskedPan: accounts[6].maskedPan }];
      for (const access of [
        { availableAccounts: 'allAccounts' },
        { availableAccountsWithBalance: 'allAccountsWithOwnerName' },
        { allPsd2: 'allAccounts', restrictedTo: ['CACC'] },
        { accounts: [], balances: [], transactions: [], additionalInformation: { ownerName: [] } },
        { balances: references, additionalInformation: { ownerName: references } },
      ]) {
        const journey = { userName: 'many', body: { ...oneOff, access }, observe };
        const { consentId, read: readOwn } = await connectByRedirect(bank.current.url, journey);
        await readOwn(`/consents/${consentId}`);
        await readOwn('/accounts');
      }
      expect(problems).toEqual([]);
    });

    test('authorisations that the TPP starts itself', async () => {
      const tpp = new Tpp(bank.current.url, observe);
      const headers = { 'TPP-Explicit-Authorisation-Preferred': 'true' };
      for (const name of [testBank, redirectBank]) {
        const { json } = await tpp.createConsent(allAccounts, { headers, bank: name });
        const started = await tpp.call(json._links.startAuthorisation.href, { method: 'POST', body: {} });
        await tpp.call(started.json._links.scaStatus.href);
      }
      expect(problems).toEqual([]);
    });

    test('each way to authenticate that is no redirect', async () => {
      const tpp = new Tpp(bank.current.url, observe);
      const as = (userName: string) => ({ 'PSU-ID': userName });
      const decoupled = await tpp.createConsent(allAccounts, { bank: 'trellis-decoupled-bank' });
      const asked = decoupled.json._links.startAuthorisationWithPsuIdentification.href;
      const waiting = await tpp.call(asked, { method: 'POST', headers: as('ada') });
      bank.current.control.answerInApp(waiting.json.authorisationId, 'approve');
      await tpp.call(waiting.json._links.scaStatus.href);
      for (const userName of ['ada', 'single', 'exempt']) {
        const created = await tpp.createConsent(allAccounts, { bank: 'trellis-embedded-bank' });
        const href = created.json._links.startAuthorisationWithPsuAuthentication.href;
        const body = { psuData: { password: 'x' } };
        let step = await tpp.call(href, { method: 'POST', headers: as(userName), body });
        const choose = step.json._links.selectAuthenticationMethod?.href;
        const last = step.json.authorisationId;
        for (const authenticationMethodId of choose === undefined ? [] : ['photo']) {
          step = await tpp.call(choose, { method: 'PUT', body: { authenticationMethodId } });
        }
        const code = bank.current.control.authorisations().find(({ id }) => id === last)?.code;
        const put = { method: 'PUT', body: { scaAuthenticationData: code } };
        if (code !== undefined) await tpp.call(step.json._links.authoriseTransaction.href, put);
      }
      const preStep = await tpp.createConsent(allAccounts, { bank: 'trellis-prestep-bank' });
      expect(preStep.status).toBe(401);
      const confirmed = await tpp.createConsent(allAccounts, { bank: 'trellis-confirmation-bank' });
      expect(Object.keys(confirmed.json._links)).toContain('confirmation');
      expect(problems).toEqual([]);
      expect(judged).toHaveLength(14);
    });

    test('what goes wrong on the way', async () => {
      const tpp = new Tpp(bank.current.url, observe);
      const as = { 'PSU-ID': 'ada' };
      await tpp.createConsent(allAccounts, {
        bank: 'trellis-decoupled-bank',
        headers: { 'PSU-ID': 'nobody' },
      });
      const { json } = await tpp.createConsent(allAccounts, { bank: 'trellis-embedded-bank' });
      const { href } = json._links.startAuthorisationWithPsuAuthentication;
      const start = (password: string) =>
        tpp.call(href, { method: 'POST', headers: as, body: { psuData: { password } } });
      await start('wrong');
      const step = await start('right');
      const put = (body: unknown) => tpp.call(step.json._links.scaStatus.href, { method: 'PUT', body });
      await put({ authenticationMethodId: 'pigeon' });
      await put({ scaAuthenticationData: '000000' });
      await put({ authenticationMethodId: 'chip' });
      for (let time = 1; time <= 4; time += 1) await put({ scaAuthenticationData: '000000' });
      await tpp.createConsent(allAccounts, {
        bank: 'trellis-key-bank',
        headers: { Accept: 'application/json' },
      });
      const confirmed = await tpp.createConsent(allAccounts, { bank: 'trellis-confirmation-bank' });
      await new PsuBrowser().visit(confirmed.json._links.scaRedirect.href, 'ada');
      const confirm = { method: 'PUT', body: { confirmationCode: 'guess' } };
      await tpp.call(confirmed.json._links.confirmation.href, confirm);
      const push = await tpp.createConsent(allAccounts, { bank: 'trellis-push-bank' });
      const pushHref = push.json._links.startAuthorisationWithPsuAuthentication.href;
      const body = { psuData: { password: 'x' } };
      const pushed = await tpp.call(pushHref, { method: 'POST', headers: as, body });
      const choice = { method: 'PUT', body: { authenticationMethodId: 'app' } };
      await tpp.call(pushed.json._links.selectAuthenticationMethod.href, choice);
      expect(problems).toEqual([]);
      expect(judged.map((each) => each.split(' ')[1]).join(' ')).toBe(
        '401 201 401 201 400 409 200 401 401 401 400 401 201 200 201 201 200',
      );
    });

    test('errors of every status', async () => {
      const { consentId, headers, read, tpp } = await connect(bank.current.url, { observe });
      await tpp.createConsent({ ...allAccounts, validUntil: '2020-01-01' });
      await tpp.createConsent({});
      await tpp.call('/accounts', { headers: { ...headers, Authorization: 'Bearer guess' } });
      await tpp.call('/accounts', { headers: { 'Consent-ID': randomUUID() } });
      await tpp.call(`/consents/${randomUUID()}`);
      await tpp.call(`/consents/${consentId}/authorisations/${randomUUID()}`);
      await read(`/accounts/${randomUUID()}`);
      await tpp.createConsent(allAccounts, { headers: { Accept: 'application/xml' } });
      await tpp.call(`/consents/${consentId}/authorisations`, { method: 'POST', body: {} });
      for (let call = 1; call <= 5; call += 1) await read('/accounts', true);
      await tpp.createConsent('a=b', {
        headers: { 'Content-Type': 'text/plain', 'TPP-Redirect-URI': callback },
      });
      await connect(bank.current.url, { userName: 'down', observe }).then((down) => down.read('/accounts'));
      expect(problems).toEqual([]);
      const statuses = new Set(judged.map((each) => each.split(' ')[1]));
      expect([...statuses].sort()).toEqual([
        '200',
        '201',
        '400',
        '401',
        '403',
        '404',
        '406',
        '409',
        '415',
        '429',
        '503',
      ]);
    });
  },
);

import { describe, expect, it } from 'vitest';
import { PasswordKey } from '../../src/sandbox-bank/sca/password-key.ts';
import { descriptionFile } from '../sandbox-bank/support/official-description.ts';
import {
  accessTo,
  answer,
  authorised,
  bank,
  callback,
  connector,
  now,
  openAccount,
  origin,
  psu,
  redirected,
  request,
  scripted,
  useScriptedBank,
  working,
} from './berlin-group-script.ts';
import { OfficialRequests } from './official-requests.ts';

const why = 'the official Berlin Group description is not on this machine (TRELLIS_SPECS_DIR)';
const ofTheStandard = / \/v1\//;

useScriptedBank();

describe.skipIf(descriptionFile === undefined)(
  `asks as the official description has it; else: ${why}`,
  () => {
    const official = descriptionFile === undefined ? undefined : new OfficialRequests(descriptionFile);
    const row = { transactionAmount: { amount: '-1.00', currency: 'EUR' } };
    const amount = { balanceAmount: { amount: '1.00', currency: 'EUR' }, balanceType: 'expected' };
    const money = (path: string, report: object) => ({
      [`GET /v1/${path}/balances`]: { json: { balances: [amount] } },
      [`GET /v1/${path}/transactions`]: { json: report },
    });

    function violations(): string[] {
      return scripted.calls
        .filter(({ route }) => ofTheStandard.test(route))
        .flatMap((call) => official?.violations(call) ?? []);
    }

    it.each([
      [{}, 1],
      [{ cardAccounts: true, pendingTransactions: 'separate', accountDetails: 'one-by-one' }, 3],
      [
        { balancesInList: 'always', access: 'bank-offered', pendingTransactions: 'none', dateHeader: true },
        1,
      ],
      [{ access: 'global', transactionsFormat: 'camt' }, 1],
    ] as const)('with profile %j', async (profile, accountCount) => {
      scripted.follow(
        working({
          'GET /v1/accounts': { json: { accounts: [{ resourceId: 'r1', iban: 'DE1', currency: 'EUR' }] } },
          'GET /v1/accounts/r1': { json: { account: {} } },
          'GET /v1/card-accounts': { json: { cardAccounts: [{ resourceId: 'c1' }, { resourceId: 'c2' }] } },
          'GET /v1/card-accounts/c1': { json: { cardAccount: {} } },
          'GET /v1/card-accounts/c2': { json: { cardAccount: {} } },
          ...money('accounts/r1', { transactions: { booked: [row] } }),
          ...money('card-accounts/c1', { cardTransactions: { booked: [row] } }),
          ...money('card-accounts/c2', { cardTransactions: { pending: [row] } }),
        }),
      );
      const { access, accounts } = await openAccount(profile);
      expect(accounts).toHaveLength(accountCount);
      for (const present of [access, { ...access, psu: null }]) {
        for (const account of accounts) {
          await connector.balances(bank(profile), present, account);
          for await (const _ of connector.transactions(bank(profile), present, account, {
            from: '2026-01-01',
          }));
        }
      }
      await connector.status(bank(profile), access);
      await connector.revoke(bank(profile), access);
      expect(violations()).toEqual([]);
      expect(scripted.calls.length).toBeGreaterThan(8);
    });

    it('with each set of permissions, once and for long', async () => {
      scripted.follow(working());
      const validUntil = new Date('2026-07-01T12:00:00Z');
      for (const permissions of [['identity'], ['balances'], ['identity', 'transactions']] as const) {
        for (const access of [{ kind: 'once' }, { kind: 'ongoing', validUntil }] as const) {
          const asked = [...permissions];
          const consent = await authorised({}, { permissions: asked, access });
          await connector.accounts(bank(), accessTo(consent), asked);
        }
      }
      expect(violations()).toEqual([]);
    });

    const authorisations = '/v1/consents/consent-1/authorisations';
    const at = (relation: string, json: object = {}) => ({
      json: { ...json, _links: { [relation]: { href: `${authorisations}/a-1` } } },
    });
    const method = (id: string) => ({ authenticationMethodId: id, authenticationType: 'SMS_OTP' });

    it('with what its user says of himself, in the app and on our page', async () => {
      for (const sca of ['decoupled', 'embedded'] as const) {
        scripted.calls.length = 0;
        const start =
          sca === 'decoupled'
            ? 'startAuthorisationWithPsuIdentification'
            : 'startAuthorisationWithPsuAuthentication';
        const scaMethods = [method('m-1'), method('m-2')];
        scripted.follow(
          working({
            'POST /v1/consents': answer({ [start]: authorisations }),
            [`POST ${authorisations}`]:
              sca === 'decoupled'
                ? at('scaStatus', { scaStatus: 'started' })
                : at('updatePsuAuthentication', { scaStatus: 'psuIdentified' }),
            [`PUT ${authorisations}/a-1`]: [
              at('selectAuthenticationMethod', { scaStatus: 'psuAuthenticated', scaMethods }),
              at('authoriseTransaction', { scaStatus: 'scaMethodSelected' }),
              { json: { scaStatus: 'finalised' } },
            ],
            [`GET ${authorisations}/a-1`]: { json: { scaStatus: 'finalised' } },
          }),
        );
        const row = bank({ sca, psuIdTypes: [{ value: 'T' }], corporateId: true });
        const values = { psuId: 'ada', corporateId: 'c', password: 'p', method: 'm-2', code: '123456' };
        let step = await connector.begin(row, request());
        while ('attempt' in step) {
          const input =
            step.kind === 'form'
              ? ({ kind: 'form', values, psu } as const)
              : ({ kind: 'poll', psu } as const);
          step = await connector.resume(row, step.attempt, input);
        }
        expect(step.kind).toBe('authorised');
        expect(violations()).toEqual([]);
        expect(scripted.calls.length).toBeGreaterThanOrEqual(4);
      }
    });

    it('with accounts that its user names, and passwords encrypted', async () => {
      const pem = await new PasswordKey().certificateAt(now);
      scripted.follow(
        working({
          'POST /v1/consents': answer({ updateEncryptedPsuAuthentication: `${authorisations}/a-1` }),
          [`PUT ${authorisations}/a-1`]: [
            at('updateAdditionalEncryptedPsuAuthentication', { scaStatus: 'psuIdentified' }),
            { json: { scaStatus: 'finalised' } },
          ],
          'GET /passwords.pem': { text: pem },
        }),
      );
      const passwordCertificateUrl = `${origin}/passwords.pem`;
      const row = bank({ sca: 'embedded', access: 'detailed', passwordCertificateUrl });
      const iban1 = 'DE89370400440532013000';
      const values = { iban1, psuId: 'ada', password: 'p', additionalPassword: 'q' };
      let step = await connector.begin(
        row,
        request({ permissions: ['identity', 'balances', 'transactions'] }),
      );
      while ('attempt' in step)
        step = await connector.resume(row, step.attempt, { kind: 'form', values, psu });
      expect(step.kind).toBe('authorised');
      expect(scripted.to(`PUT ${authorisations}/a-1`)).toHaveLength(2);
      expect(violations()).toEqual([]);
    });

    it('with a code to confirm', async () => {
      scripted.follow(
        working({
          'POST /v1/consents': answer({ scaRedirect: '/login', confirmation: `${authorisations}/a-1` }),
          [`PUT ${authorisations}/a-1`]: { json: { scaStatus: 'finalised' } },
        }),
      );
      const row = bank({ sca: 'redirect' });
      const { attempt } = await redirected(connector.begin(row, request()));
      await connector.resume(row, attempt, callback({ state: 'state-1', confirmationCode: 'c-1' }));
      expect(scripted.to(`PUT ${authorisations}/a-1`)).toHaveLength(1);
      expect(violations()).toEqual([]);
    });

    it('and notices what is not so', () => {
      const call = {
        route: 'GET /v1/accounts/r1/transactions',
        query: new URLSearchParams({ bookingStatus: 'some', dateFrom: '1.5.2026', page: '2' }),
        headers: { 'x-request-id': 'one', 'psu-shoe-size': '42' },
        body: '{}',
      };
      expect(official?.violations(call)).toHaveLength(7);
      expect(official?.violations({ ...call, route: 'GET /v1/elsewhere' })).toHaveLength(1);
    });
  },
);

import { describe, expect, it } from 'vitest';
import type { BankConsent } from '../../src/banking/consent.ts';
import {
  accessTo,
  authorised,
  bank,
  connector,
  failureOf,
  scripted,
  tppError,
  useScriptedBank,
  working,
} from './berlin-group-script.ts';
import type { Reply } from './scripted-bank.ts';

useScriptedBank();

describe('reading accounts', () => {
  it('says under which consent, with which token, and whether the user is there', async () => {
    scripted.follow(working());
    const consent = await authorised();
    const read = await connector.accounts(bank(), accessTo(consent), ['identity']);
    await connector.accounts(bank(), accessTo(consent, [], null), ['identity']);
    const [present, absent] = scripted.to('GET /v1/accounts').map((call) => call.headers);
    expect(present).toMatchObject({
      'consent-id': 'consent-1',
      authorization: 'Bearer access-1',
      'psu-ip-address': '192.0.2.10',
      'psu-user-agent': 'Browser/1.0',
    });
    expect(Object.keys(absent ?? {}).filter((name) => name.startsWith('psu-'))).toEqual([]);
    expect(read).toMatchObject({ accounts: [{ resourceId: 'r1', holders: [{ name: 'Ada' }] }] });
    expect(read).not.toHaveProperty('psuName');
  });

  it('takes no token where there was no OAuth', async () => {
    scripted.follow(working());
    const consent = await authorised({ sca: 'redirect' });
    await connector.accounts(bank({ sca: 'redirect' }), accessTo(consent), ['identity']);
    expect(scripted.to('GET /v1/accounts')[0]?.headers).not.toHaveProperty('authorization');
  });

  it('means a row that comes twice once, skips what is no account, and finds the person', async () => {
    const accounts = [
      null,
      'text',
      [],
      { currency: 'EUR' },
      { resourceId: 'r1', iban: 'DE1', currency: 'EUR', psuName: '' },
      { resourceId: 'r1', iban: 'DE1', currency: 'EUR' },
      { resourceId: 'r2', iban: 'DE2', currency: 'EUR', psuName: 'Ada Lindqvist' },
      { iban: 'DE3', currency: 'EUR' },
      { iban: 'DE3', currency: 'EUR' },
      { iban: 'DE3', currency: 'USD' },
      { resourceId: 'r4', iban: 'DE4', currency: 'EUR', status: 'deleted' },
    ];
    scripted.follow(working({ 'GET /v1/accounts': { json: { accounts } } }));
    const read = await connector.accounts(bank(), accessTo(await authorised()), ['identity']);
    expect(read.accounts.map((account) => account.resourceId)).toEqual(['r1', 'r2', '', '']);
    expect(read.psuName).toBe('Ada Lindqvist');
  });

  it('is nothing but an empty list where there are no accounts', async () => {
    scripted.follow(working({ 'GET /v1/accounts': { json: { accounts: [] } } }));
    expect(await connector.accounts(bank(), accessTo(await authorised()), ['identity'])).toEqual({
      accounts: [],
    });
  });

  it('asks for each account where the profile says that the list tells too little', async () => {
    const accounts = [
      { resourceId: 'r 1', currency: 'EUR', name: 'Listed' },
      { resourceId: 'r2', currency: 'EUR', _links: { account: { href: '/v1/accounts/two' } } },
    ];
    const details = (account: object) => ({ json: { account } });
    scripted.follow(
      working({
        'GET /v1/accounts': { json: { accounts } },
        'GET /v1/accounts/r%201': details({
          iban: 'DE1',
          currency: 'EUR',
          ownerName: 'Ada',
          cashAccountType: 'CACC',
        }),
        'GET /v1/accounts/two': details({ resourceId: 'r2', iban: 'DE2', currency: 'EUR', ownerName: 'Bo' }),
      }),
    );
    const profile = { accountDetails: 'one-by-one' };
    const read = await connector.accounts(bank(profile), accessTo(await authorised()), ['identity']);
    expect(read.accounts).toMatchObject([
      { resourceId: 'r 1', name: 'Listed', accountType: 'checking', holders: [{ name: 'Ada' }] },
      { resourceId: 'r2', identifiers: [{ iban: 'DE2' }], holders: [{ name: 'Bo' }] },
    ]);
    expect(scripted.to('GET /v1/accounts/two')[0]?.headers['consent-id']).toBe('consent-1');
  });

  it.each([
    ['user-must-act', tppError(401, 'CONSENT_EXPIRED')],
    ['user-must-act', tppError(401, 'CONSENT_INVALID')],
    ['user-must-act', { status: 403, text: '' }],
    ['retry-later', tppError(429, 'ACCESS_EXCEEDED')],
    ['retry-later', { json: { accounts: 'none' } }],
    ['retry-later', { json: {} }],
    ['retry-later', { status: 204, text: '' }],
    ['retry-later', { status: 500, text: '<html>' }],
    ['bank-refused', tppError(403, 'SERVICE_BLOCKED')],
  ] as const)('fails (%s) for %j', async (kind, reply) => {
    scripted.follow(working({ 'GET /v1/accounts': reply as Reply }));
    expect(
      (await failureOf(connector.accounts(bank(), accessTo(await authorised()), ['identity']))).kind,
    ).toBe(kind);
  });

  it('refuses more accounts than anybody has', async () => {
    const accounts = Array.from({ length: 1_001 }, (_, n) => ({ iban: `DE${n}` }));
    scripted.follow(working({ 'GET /v1/accounts': { json: { accounts } } }));
    expect(
      (await failureOf(connector.accounts(bank(), accessTo(await authorised()), ['identity']))).kind,
    ).toBe('bank-refused');
  });
});

describe('an access token that is over', () => {
  const accounts = { json: { accounts: [] } };

  it.each(['TOKEN_EXPIRED', 'TOKEN_INVALID', 'TOKEN_UNKNOWN'])(
    'is renewed once for %s and kept before it is used',
    async (code) => {
      const renewed = {
        json: { access_token: 'access-2', token_type: 'bearer', refresh_token: 'refresh-2' },
      };
      const first = working()['POST /token'] as Reply;
      scripted.follow(
        working({ 'GET /v1/accounts': [tppError(401, code), accounts], 'POST /token': [first, renewed] }),
      );
      const access = accessTo(await authorised());
      const order: string[] = [];
      const keep = async (consent: BankConsent) => {
        order.push(`kept before call ${scripted.to('GET /v1/accounts').length + 1}`);
        expect(consent).toMatchObject({
          bankConsentId: 'consent-1',
          credentials: { tokens: { accessToken: 'access-2', refreshToken: 'refresh-2' } },
        });
      };
      await connector.accounts(bank(), { ...access, keep }, ['identity']);
      expect(order).toEqual(['kept before call 2']);
      expect(Object.fromEntries(new URLSearchParams(scripted.to('POST /token')[1]?.body))).toEqual({
        grant_type: 'refresh_token',
        refresh_token: 'refresh-1',
        client_id: 'PSDDE-BAFIN-000000',
      });
      expect(scripted.to('GET /v1/accounts')[1]?.headers.authorization).toBe('Bearer access-2');
    },
  );

  it('keeps the old refresh token where the bank gives no new one', async () => {
    const replies = [
      working()['POST /token'] as Reply,
      { json: { access_token: 'access-2', token_type: 'bearer' } },
    ];
    scripted.follow(working({ 'GET /v1/accounts': [{ status: 401 }, accounts], 'POST /token': replies }));
    const kept: BankConsent[] = [];
    await connector.accounts(bank(), accessTo(await authorised(), kept), ['identity']);
    expect(kept[0]?.credentials).toMatchObject({
      tokens: { accessToken: 'access-2', refreshToken: 'refresh-1' },
    });
  });

  it('is not renewed a second time: then the user has to come', async () => {
    scripted.follow(working({ 'GET /v1/accounts': tppError(401, 'TOKEN_EXPIRED') }));
    const access = accessTo(await authorised());
    expect(await failureOf(connector.accounts(bank(), access, ['identity']))).toMatchObject({
      kind: 'user-must-act',
      details: { bankCode: 'TOKEN_EXPIRED' },
    });
    expect(scripted.to('POST /token')).toHaveLength(2);
    expect(scripted.to('GET /v1/accounts')).toHaveLength(2);
  });

  it('cannot be renewed without a refresh token, or with one that is void', async () => {
    const expired = { 'GET /v1/accounts': tppError(401, 'TOKEN_EXPIRED') };
    const noRefresh = { json: { access_token: 'access-1', token_type: 'Bearer' } };
    scripted.follow(working({ ...expired, 'POST /token': noRefresh }));
    expect(
      (await failureOf(connector.accounts(bank(), accessTo(await authorised()), ['identity']))).kind,
    ).toBe('user-must-act');
    scripted.calls.length = 0;
    const invalid = { status: 400, json: { error: 'invalid_grant' } };
    scripted.follow(working({ ...expired, 'POST /token': [working()['POST /token'] as Reply, invalid] }));
    expect(
      (await failureOf(connector.accounts(bank(), accessTo(await authorised()), ['identity']))).kind,
    ).toBe('user-must-act');
  });

  it('is not renewed for another 401', async () => {
    scripted.follow(working({ 'GET /v1/accounts': tppError(401, 'CONSENT_EXPIRED') }));
    await failureOf(connector.accounts(bank(), accessTo(await authorised()), ['identity']));
    expect(scripted.to('POST /token')).toHaveLength(1);
  });

  it('is not used when it could not be kept', async () => {
    scripted.follow(working({ 'GET /v1/accounts': [tppError(401, 'TOKEN_EXPIRED'), accounts] }));
    const access = accessTo(await authorised());
    const keep = () => Promise.reject(new Error('database away'));
    await expect(connector.accounts(bank(), { ...access, keep }, ['identity'])).rejects.toThrow(
      'database away',
    );
    expect(scripted.to('GET /v1/accounts')).toHaveLength(1);
  });
});

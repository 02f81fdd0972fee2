import { describe, expect, it } from 'vitest';
import {
  answer,
  bank,
  callback,
  connector,
  failureOf,
  form,
  formIn,
  issuer,
  request,
  scripted,
  useScriptedBank,
  working,
} from './berlin-group-script.ts';
import type { Reply } from './scripted-bank.ts';

useScriptedBank();

const row = (more: object = {}) => bank({ sca: 'redirect', access: 'detailed', ...more });
const ada = 'DE89370400440532013000';
const joint = 'AT611904300234573201';
const created = answer({ scaRedirect: '/login' });

/** The access of the newest consent that the bank was asked for. */
function accessAsked() {
  return JSON.parse(scripted.to('POST /v1/consents').at(-1)?.body ?? '{}').access;
}

function refusedAt(path: string): Reply {
  return { status: 400, json: { tppMessages: [{ category: 'ERROR', code: 'RESOURCE_UNKNOWN', path }] } };
}

describe('a consent that names the accounts', () => {
  it('asks for them before the bank hears of anything', async () => {
    scripted.follow(working({ 'POST /v1/consents': created }));
    const asked = formIn(await connector.begin(row(), request()));
    expect(asked.purpose).toBe('accounts');
    expect(asked.fields).toMatchObject([
      { name: 'iban1', label: 'iban', type: 'text', secret: false },
      ...[2, 3, 4, 5].map((at) => ({ name: `iban${at}`, label: 'further-iban', optional: true })),
    ]);
    expect(scripted.calls).toHaveLength(0);
    await connector.abandon(row(), asked.attempt);
    expect(scripted.calls).toHaveLength(0);
  });

  it.each([
    ['one', { iban1: 'de89 3704 0044 0532 0130 00' }, [ada]],
    ['several, each once', { iban1: ada, iban2: '', iban3: joint, iban5: ` ${ada} ` }, [ada, joint]],
  ])('names %s, in each list that it is for', async (_what, typed, ibans) => {
    scripted.follow(working({ 'POST /v1/consents': created }));
    const { attempt } = formIn(
      await connector.begin(row(), request({ permissions: ['identity', 'balances'] })),
    );
    const step = await connector.resume(row(), attempt, form(typed));
    expect(step.kind).toBe('redirect');
    const named = ibans.map((iban) => ({ iban }));
    expect(accessAsked()).toEqual({
      accounts: named,
      balances: named,
      additionalInformation: { ownerName: named },
    });
  });

  it.each([
    ['no number at all', {}, 'iban1'],
    ['a slip in the first', { iban1: 'DE89370400440532013001' }, 'iban1'],
    ['a slip in another', { iban1: ada, iban4: 'AT611904300234573202' }, 'iban4'],
    ['an account number', { iban1: '0532013000' }, 'iban1'],
    ['a long text', { iban1: `${ada}${' '.repeat(60)}x` }, 'iban1'],
  ])('is not asked for with %s', async (_what, typed: Record<string, string>, field) => {
    scripted.follow(working({ 'POST /v1/consents': created }));
    const { attempt } = formIn(await connector.begin(row(), request()));
    const again = formIn(await connector.resume(row(), attempt, form(typed)));
    expect(again).toMatchObject({ purpose: 'accounts', rejected: { field } });
    for (const { name, value } of again.fields) expect(value).toBe(typed[name]);
    expect(scripted.calls).toHaveLength(0);
  });

  it('is asked for again where the bank refuses an account', async () => {
    scripted.follow(working({ 'POST /v1/consents': [refusedAt('access.balances[1].iban'), created] }));
    const { attempt } = formIn(await connector.begin(row(), request()));
    const again = formIn(await connector.resume(row(), attempt, form({ iban1: ada, iban2: joint })));
    expect(again).toMatchObject({ purpose: 'accounts', rejected: { field: 'iban2' } });
    expect(again.fields.map(({ value }) => value)).toEqual([ada, joint, undefined, undefined, undefined]);
    expect(await connector.resume(row(), again.attempt, form({ iban1: ada }))).toMatchObject({
      kind: 'redirect',
    });
    expect(accessAsked()).toMatchObject({ accounts: [{ iban: ada }] });
  });

  it.each(['access', 'access.accounts[9].iban', 'accounts[0]'])('fails where it refuses %s', async (path) => {
    scripted.follow(working({ 'POST /v1/consents': refusedAt(path) }));
    const { attempt } = formIn(await connector.begin(row(), request()));
    const failure = await failureOf(connector.resume(row(), attempt, form({ iban1: ada })));
    expect(JSON.stringify([failure.message, failure.details])).not.toContain(ada);
  });

  it('comes before the login at a bank without a page of its own', async () => {
    scripted.follow(
      working({
        'POST /v1/consents': answer({ updatePsuAuthentication: '/v1/a-1' }),
        'PUT /v1/a-1': created,
      }),
    );
    const embedded = row({ sca: 'embedded' });
    const accounts = formIn(await connector.begin(embedded, request()));
    const login = formIn(await connector.resume(embedded, accounts.attempt, form({ iban1: ada })));
    expect(login.purpose).toBe('credentials');
    expect(scripted.calls).toHaveLength(0);
    await connector.resume(embedded, login.attempt, form({ psuId: 'ada', password: 'any' }));
    expect(accessAsked()).toMatchObject({ accounts: [{ iban: ada }] });
  });

  it('comes before the pre-step, and again after it where the bank refuses an account', async () => {
    const metadata = '/.well-known/oauth-authorization-server/idp';
    const noToken = { status: 401, json: { _links: { scaOAuth: { href: metadata } } } };
    scripted.follow(
      working({ 'POST /v1/consents': [noToken, refusedAt('access.accounts[0].iban'), created] }),
    );
    const prestep = row({ sca: 'oauth-prestep' });
    const accounts = formIn(await connector.begin(prestep, request()));
    const away = await connector.resume(prestep, accounts.attempt, form({ iban1: joint }));
    if (away.kind !== 'redirect') throw new Error(`expected a redirect, got ${away.kind}`);
    const back = callback({ code: 'code-1', state: 'state-1', iss: issuer() });
    const again = formIn(await connector.resume(prestep, away.attempt, back));
    expect(again).toMatchObject({ purpose: 'accounts', rejected: { field: 'iban1' } });
    const step = await connector.resume(prestep, again.attempt, form({ iban1: ada }));
    expect(step).toMatchObject({ kind: 'redirect' });
    expect(scripted.to('POST /token')).toHaveLength(1);
    expect(accessAsked()).toMatchObject({ accounts: [{ iban: ada }] });
  });
});

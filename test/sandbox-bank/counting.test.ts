import { describe, expect, test } from 'vitest';
import { openBank } from './support/bank-under-test.ts';
import { connectByRedirect } from './support/journey.ts';
import { decoupledBank, embeddedBank, openConsent } from './support/sca.ts';
import { oneOff } from './support/tpp.ts';

const bank = openBank();

async function summaryOf(consentId: string) {
  const response = await fetch(`${bank.current.url}/control/consents`);
  const consents: { id: string }[] = JSON.parse(await response.text());
  return consents.find(({ id }) => id === consentId);
}

describe('the control API', () => {
  test('shows what each read counted towards the four a day', async () => {
    const { consentId, read } = await connectByRedirect(bank.current.url, { userName: 'many' });
    const [account] = (await read('/accounts')).json.accounts;
    const unattended = { day: '2027-03-12', limit: 4, reads: [] };
    expect(await summaryOf(consentId)).toMatchObject({ userName: 'many', status: 'valid', unattended });
    const report = `${account._links.transactions.href}?bookingStatus=booked&dateFrom=2026-10-01`;
    for (const path of ['/accounts', '/accounts', account._links.balances.href, report])
      await read(path, true);
    await read((await read(report)).json.transactions._links.next.href, true);
    const { resourceId } = account;
    expect(await summaryOf(consentId)).toMatchObject({
      unattended: {
        ...unattended,
        reads: [
          { route: 'accounts', calls: 2 },
          { route: 'balances', resourceId, calls: 1 },
          { route: 'transactions', resourceId, calls: 1 },
        ],
      },
    });
    bank.current.control.moveClock({ advanceSeconds: 86_400 });
    expect(await summaryOf(consentId)).toMatchObject({
      unattended: { day: '2027-03-13', limit: 4, reads: [] },
    });
  });

  test('shows a call that was refused as not counted', async () => {
    const { consentId, read } = await connectByRedirect(bank.current.url);
    for (let call = 1; call <= 6; call += 1) await read('/accounts', true);
    await read('/accounts/nothing', true);
    expect(await summaryOf(consentId)).toMatchObject({
      unattended: { reads: [{ route: 'accounts', calls: 4 }] },
    });
  });
});

describe('a new recurring consent', () => {
  test('ends the older one of the same customer, by every way to authorise', async () => {
    const approved = async () => {
      const consent = await openConsent(bank.current.url, decoupledBank);
      const { authorisationId } = (await consent.start('ada')).json;
      bank.current.control.answerInApp(authorisationId, 'approve');
      return consent;
    };
    const entered = async () => {
      const consent = await openConsent(bank.current.url, embeddedBank);
      await consent.start('exempt', { psuData: { password: 'any' } });
      return consent;
    };
    for (const way of [approved, entered]) {
      const [first, second] = [await way(), await way()];
      expect([await first.status(), await second.status()]).toEqual(['expired', 'valid']);
    }
  });

  test('leaves alone what another customer gave, and what is asked once', async () => {
    const give = async (userName: string, body?: unknown) => {
      const consent = await openConsent(bank.current.url, embeddedBank, { body });
      const { authorisationId, _links } = (await consent.start(userName, { psuData: { password: 'x' } }))
        .json;
      const code = bank.current.control.authorisations().find(({ id }) => id === authorisationId)?.code;
      await consent.put(_links.authoriseTransaction?.href ?? _links.scaStatus.href, {
        scaAuthenticationData: code,
      });
      return consent;
    };
    const first = await give('single');
    await give('exempt');
    await give('single', oneOff);
    expect(await first.status()).toBe('valid');
    await give('single');
    expect(await first.status()).toBe('expired');
  });
});

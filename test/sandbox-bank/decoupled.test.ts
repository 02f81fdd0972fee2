import { describe, expect, test } from 'vitest';
import { openBank } from './support/bank-under-test.ts';
import { PsuBrowser, textOf } from './support/psu.ts';
import { decoupledBank, openConsent } from './support/sca.ts';
import { codeOf, pathOf } from './support/tpp.ts';

const bank = openBank();

/** A request that lies in the app of this customer. */
async function ask(psuId: string, headers: Record<string, string> = {}) {
  const consent = await openConsent(bank.current.url, decoupledBank, { headers });
  const started = await consent.start(psuId);
  const { authorisationId, _links } = started.json;
  return { ...consent, started, authorisationId, now: () => consent.scaStatus(_links.scaStatus.href) };
}

describe('a request in the app', () => {
  test('begins with who the customer is, and says where he has to look', async () => {
    const { created, links, started, authorisationId } = await ask('ada');
    expect(created.headers.get('aspsp-sca-approach')).toBe('DECOUPLED');
    expect(Object.keys(links).sort()).toEqual(['self', 'startAuthorisationWithPsuIdentification', 'status']);
    expect(started.status).toBe(201);
    expect(started.headers.get('aspsp-sca-approach')).toBe('DECOUPLED');
    expect(started.json).toEqual({
      scaStatus: 'started',
      authorisationId,
      psuMessage: `Please approve the request in your app: ${bank.current.url}/app`,
      _links: { scaStatus: { href: expect.stringContaining(authorisationId) } },
    });
  });

  test('says it in the language of the customer', async () => {
    const { start } = await openConsent(bank.current.url, decoupledBank);
    const { json } = await start('ada', {}, { 'PSU-Accept-Language': 'de' });
    expect(json.psuMessage).toBe(`Bitte geben Sie die Anfrage in Ihrer App frei: ${bank.current.url}/app`);
  });

  test.each([
    ['approve', 'finalised', 'valid'],
    ['decline', 'failed', 'rejected'],
  ])('is answered on the page of phones: %s', async (decision, scaStatus, consentStatus) => {
    const { authorisationId, now, status } = await ask('ada', {
      'TPP-Brand-Logging-Information': 'Nordlicht Energy',
    });
    const psu = new PsuBrowser();
    const page = await psu.open(`${bank.current.url}/app`);
    expect(textOf(page)).toContain('May Nordlicht Energy see your accounts?');
    const action = `/app/${authorisationId}`;
    const answered = await psu.submit(page, new URLSearchParams({ decision }), action);
    expect([answered.status, answered.html.includes(action)]).toEqual([200, false]);
    expect([await now(), await status()]).toEqual([scaStatus, consentStatus]);
    expect((await psu.submit(page, new URLSearchParams({ decision }), action)).status).toBe(410);
  });

  test('is answered by the control API', async () => {
    const { authorisationId, now, status, read } = await ask('many');
    const answer = (decision: string, id = authorisationId) =>
      fetch(`${bank.current.url}/control/authorisations/${id}`, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify({ decision }),
      });
    expect([await now(), await status()]).toEqual(['started', 'received']);
    expect(codeOf(await read('/accounts'))).toBe('401 CONSENT_INVALID');
    expect((await answer('perhaps')).status).toBe(400);
    expect((await answer('approve', 'nobody')).status).toBe(404);
    expect((await answer('approve')).status).toBe(204);
    expect((await answer('decline')).status).toBe(404);
    expect([await now(), await status()]).toEqual(['finalised', 'valid']);
    expect((await read('/accounts')).json.accounts).toHaveLength(12);
  });

  test('is approved by auto himself, after five seconds of the bank’s clock', async () => {
    const { now, status } = await ask('auto');
    bank.current.control.moveClock({ advanceSeconds: 5 });
    expect(await now()).toBe('started');
    bank.current.control.moveClock({ advanceSeconds: 1 });
    expect([await now(), await status()]).toEqual(['finalised', 'valid']);
  });

  test('is declined by cancel at once', async () => {
    const { now, status } = await ask('cancel');
    expect([await now(), await status()]).toEqual(['failed', 'rejected']);
  });

  test('waits five minutes; then the TPP may ask again', async () => {
    const { now, status, start } = await ask('ada');
    bank.current.control.moveClock({ advanceSeconds: 5 * 60 + 1 });
    expect([await now(), await status()]).toEqual(['failed', 'received']);
    const again = await start('ada');
    expect(again.status).toBe(201);
    expect(bank.current.control.answerInApp(again.json.authorisationId, 'approve')).toBe(true);
    expect(await status()).toBe('valid');
  });

  test('needs a customer whom the bank knows', async () => {
    const { start } = await openConsent(bank.current.url, decoupledBank);
    const unknown = await start('nobody');
    expect([codeOf(unknown), pathOf(unknown)]).toEqual(['401 PSU_CREDENTIALS_INVALID', 'PSU-ID']);
    const missing = await start('');
    expect([codeOf(missing), pathOf(missing)]).toEqual(['400 FORMAT_ERROR', 'PSU-ID']);
    const early = await openConsent(bank.current.url, decoupledBank, { headers: { 'PSU-ID': 'nobody' } });
    expect(codeOf(early.created)).toBe('401 PSU_CREDENTIALS_INVALID');
  });

  test('takes nothing by PUT', async () => {
    const { started, put } = await ask('ada');
    expect(codeOf(await put(started.json._links.scaStatus.href, { psuData: { password: 'x' } }))).toBe(
      '405 SERVICE_INVALID',
    );
  });
});

test('an empty phone says so, in the language of the browser', async () => {
  const page = await new PsuBrowser('de-DE').open(`${bank.current.url}/app?done=approve`);
  expect(page.html).toContain('lang="de"');
  expect(textOf(page)).toContain('Freigegeben.');
});

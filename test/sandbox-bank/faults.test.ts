import { describe, expect, test } from 'vitest';
import type { NewFault } from '../../src/sandbox-bank/control/control.ts';
import { openBank, startBank, startOfTests } from './support/bank-under-test.ts';
import { connect } from './support/journey.ts';
import { PsuBrowser, wayOut } from './support/psu.ts';
import { type Answer, allAccounts, callback, codeOf, Tpp, testBank } from './support/tpp.ts';

const bank = openBank();
const tpp = () => new Tpp(bank.current.url);

/** Sets a fault as anybody can: by HTTP. */
async function setFault(fault: NewFault): Promise<void> {
  const answer = await control('POST', '/faults', { bank: testBank, ...fault });
  expect(answer.status).toBe(201);
}

async function control(method: string, path: string, body?: unknown) {
  const response = await fetch(`${bank.current.url}/control${path}`, {
    method,
    ...(body !== undefined && {
      body: JSON.stringify(body),
      headers: { 'content-type': 'application/json' },
    }),
  });
  const text = await response.text();
  return { status: response.status, json: text === '' ? undefined : JSON.parse(text) };
}

/** Why a call failed below HTTP. */
async function failureOf(call: Promise<Answer>): Promise<string> {
  const outcome = await call.then(
    (answer) => `answered ${answer.status}`,
    (error: unknown) => (error instanceof Error ? error.name : 'unknown'),
  );
  return outcome;
}

describe('faults that answer instead of the bank', () => {
  test.each([
    ['status-500', undefined, '500 INTERNAL_SERVER_ERROR', null],
    ['status-503', undefined, '503 SERVICE_UNAVAILABLE', null],
    ['status-503', 120, '503 SERVICE_UNAVAILABLE', '120'],
    ['status-429', undefined, '429 ACCESS_EXCEEDED', null],
    ['status-429', 86_400, '429 ACCESS_EXCEEDED', '86400'],
  ] as const)('%s, Retry-After %s', async (fault, retryAfterSeconds, code, retryAfter) => {
    await setFault({ route: 'createConsent', fault, ...(retryAfterSeconds && { retryAfterSeconds }) });
    const answer = await tpp().createConsent();
    expect([codeOf(answer), answer.headers.get('retry-after')]).toEqual([code, retryAfter]);
    expect(answer.headers.get('x-request-id')).not.toBeNull();
  });

  test.each([
    ['html-200', 200],
    ['html-500', 500],
    ['html-503', 503],
  ] as const)('%s is a page of a gateway', async (fault, status) => {
    await setFault({ route: 'accounts', fault });
    const { read } = await connect(bank.current.url);
    const answer = await read('/accounts');
    expect([answer.status, answer.headers.get('content-type')]).toEqual([status, 'text/html; charset=utf-8']);
    expect(answer.text).toContain('Service temporarily unavailable');
  });

  test('nothing is done behind such an answer', async () => {
    await setFault({ route: 'createConsent', fault: 'status-500' });
    const before = bank.current.control.consents().length;
    await tpp().createConsent();
    expect(bank.current.control.consents()).toHaveLength(before);
  });

  test('foreign-redirect leads to another host', async () => {
    await setFault({ route: 'consentStatus', fault: 'foreign-redirect' });
    const { consentId } = (await tpp().createConsent()).json;
    const answer = await tpp().call(`/consents/${consentId}/status`);
    expect([answer.status, answer.headers.get('location')]).toEqual([307, 'https://bank.invalid/elsewhere']);
  });

  test('the token endpoint fails: by status, and in the words of OAuth', async () => {
    const { tpp: client, refreshToken = '' } = await connect(bank.current.url);
    const refresh = () => client.token({ grant_type: 'refresh_token', refresh_token: refreshToken });
    await setFault({ route: 'token', fault: 'status-503', times: 1 });
    await setFault({ route: 'token', fault: 'invalid-grant', times: 1 });
    expect((await refresh()).status).toBe(503);
    expect((await refresh()).json).toEqual({ error: 'invalid_grant' });
    expect((await refresh()).status).toBe(200);
  });

  test('no-answer never answers', async () => {
    await setFault({ route: 'createConsent', fault: 'no-answer' });
    const waiting = fetch(`${bank.current.url}/berlin-group/${testBank}/v1/consents`, {
      method: 'POST',
      body: '{}',
      headers: { 'content-type': 'application/json' },
      signal: AbortSignal.timeout(300),
    });
    await expect(waiting).rejects.toThrow(/timeout/);
  });

  test('connection-reset ends the connection', async () => {
    await setFault({ route: 'createConsent', fault: 'connection-reset' });
    expect(await failureOf(tpp().createConsent())).toBe('TypeError');
  });
});

describe('faults that spoil the answer', () => {
  test('malformed-json breaks off in the middle of the text', async () => {
    await setFault({ route: 'createConsent', fault: 'malformed-json' });
    const answer = await tpp().createConsent();
    expect([answer.status, answer.json]).toEqual([201, undefined]);
    expect(answer.text).toMatch(/^\{"consentStatus"/);
  });

  test('wrong-content-type sends the right text under a wrong name', async () => {
    await setFault({ route: 'createConsent', fault: 'wrong-content-type' });
    const answer = await tpp().createConsent();
    expect(answer.headers.get('content-type')).toBe('text/plain; charset=utf-8');
    expect(answer.json.consentStatus).toBe('received');
  });

  test('slow waits, slow-drip sends byte by byte', async () => {
    await setFault({ route: 'consentStatus', fault: 'slow', delayMs: 60, times: 1 });
    await setFault({ route: 'consentStatus', fault: 'slow-drip', delayMs: 3, times: 1 });
    const { _links } = (await tpp().createConsent()).json;
    for (let call = 0; call < 2; call += 1) {
      const started = performance.now();
      const answer = await tpp().call(_links.status.href);
      expect(answer.json).toEqual({ consentStatus: 'received' });
      expect(performance.now() - started).toBeGreaterThan(55);
    }
  });

  test('reset-mid-body sends the head and half of the body', async () => {
    await setFault({ route: 'createConsent', fault: 'reset-mid-body' });
    const response = await fetch(`${bank.current.url}/berlin-group/${testBank}/v1/consents`, {
      method: 'POST',
      body: JSON.stringify(allAccounts),
      headers: {
        'content-type': 'application/json',
        'x-request-id': crypto.randomUUID(),
        'psu-ip-address': '10.0.0.1',
        'tpp-redirect-uri': callback,
      },
    });
    expect(response.status).toBe(201);
    await expect(response.text()).rejects.toThrow('terminated');
  });

  test.each(['lost-answer', 'reset-mid-body', 'malformed-json'] as const)(
    '%s leaves the work done',
    async (fault) => {
      const before = bank.current.control.consents().length;
      await setFault({ route: 'createConsent', fault, times: 1 });
      await failureOf(tpp().createConsent());
      expect(bank.current.control.consents()).toHaveLength(before + 1);
    },
  );
});

describe('faults of the way back', () => {
  async function returned(fault: NewFault['fault']) {
    await setFault({ route: 'authorize', fault });
    const { consentId } = (await tpp().createConsent()).json;
    const { url, verifier } = await tpp().authorizeUrl(consentId);
    const way = wayOut(await new PsuBrowser().visit(url, 'ada'));
    const parameters: Record<string, string> = Object.fromEntries(way?.searchParams ?? []);
    return { consentId, parameters, verifier };
  }

  test('wrong-iss and missing-iss', async () => {
    expect((await returned('wrong-iss')).parameters.iss).toBe('https://another-bank.invalid');
    bank.current.control.clearFaults();
    expect(Object.keys((await returned('missing-iss')).parameters)).toEqual(['code', 'state']);
  });

  test('wrong-state and missing-state', async () => {
    const wrong = await returned('wrong-state');
    expect(wrong.parameters.state).toBeDefined();
    expect(wrong.parameters.state).not.toBe(`state-${wrong.consentId}`);
    bank.current.control.clearFaults();
    expect(Object.keys((await returned('missing-state')).parameters)).toEqual(['code', 'iss']);
  });

  test('wrong-code gives a code that nobody issued', async () => {
    const { parameters, verifier } = await returned('wrong-code');
    expect((await tpp().exchange(parameters.code ?? '', verifier)).json).toEqual({ error: 'invalid_grant' });
  });

  test('duplicate-callback: two tabs come back with the same answer', async () => {
    await setFault({ route: 'authorize', fault: 'duplicate-callback' });
    const { consentId } = (await tpp().createConsent()).json;
    const { url } = await tpp().authorizeUrl(consentId);
    const psu = new PsuBrowser();
    const confirmation = await psu.press(await psu.open(url), 'userName', 'ada');
    expect(confirmation.html).toContain('target="_blank"');
    expect(confirmation.html).toContain('<meta http-equiv="refresh" content="3"/>');
    const newTab = wayOut(await psu.press(confirmation, 'decision', 'confirm'));
    const oldTab = wayOut(await psu.open(confirmation.url));
    expect(newTab?.searchParams.get('code')).toBeTruthy();
    expect(oldTab?.href).toBe(newTab?.href);
  });
});

describe('rules', () => {
  test('strike as often as they say, at their bank and route only', async () => {
    await setFault({ route: 'createConsent', fault: 'status-500', times: 2 });
    const statuses = [];
    for (let call = 0; call < 3; call += 1) statuses.push((await tpp().createConsent()).status);
    expect(statuses).toEqual([500, 500, 201]);
    await setFault({ bank: 'alpen-test-bank', route: 'createConsent', fault: 'status-500' });
    await setFault({ route: 'accounts', fault: 'status-500' });
    expect((await tpp().createConsent()).status).toBe(201);
    expect((await tpp().createConsent(allAccounts, { bank: 'alpen-test-bank' })).status).toBe(500);
  });

  test('without bank and route strike everywhere', async () => {
    await control('POST', '/faults', { fault: 'html-503' });
    expect((await tpp().createConsent()).status).toBe(503);
    expect((await tpp().call('/accounts', { bank: 'trellis-redirect-bank' })).status).toBe(503);
    expect(await tpp().metadata()).toBeUndefined();
  });

  test('are listed and cleared', async () => {
    await setFault({ route: 'token', fault: 'slow', delayMs: 5, times: 3 });
    expect((await control('GET', '/faults')).json).toEqual([
      { id: expect.any(String), bank: testBank, route: 'token', fault: 'slow', delayMs: 5, times: 3 },
    ]);
    expect((await control('DELETE', '/faults')).status).toBe(204);
    expect((await control('GET', '/faults')).json).toEqual([]);
  });

  test.each([
    [{}, 'fault'],
    [{ fault: 'earthquake' }, 'fault'],
    [{ fault: 'slow', route: 'payments' }, 'route'],
    [{ fault: 'slow', bank: 'no-such-bank' }, 'bank'],
    [{ fault: 'slow', times: 0 }, 'times'],
    [{ fault: 'slow', delayMs: '5' }, 'delayMs'],
    [[], 'object'],
  ])('that make no sense are refused: %j', async (body, word) => {
    const answer = await control('POST', '/faults', body);
    expect([answer.status, answer.json.error]).toEqual([400, expect.stringContaining(word)]);
  });
});

describe('the rest of the control API', () => {
  test('moves the clock', async () => {
    expect((await control('POST', '/clock', { advanceSeconds: 86_400 })).json).toEqual({
      now: '2027-03-13T12:00:00.000Z',
    });
    const moved = await control('POST', '/clock', { now: '2030-01-01T00:00:00Z' });
    expect(moved.json).toEqual({ now: '2030-01-01T00:00:00.000Z' });
    expect((await control('GET', '/clock')).json).toEqual(moved.json);
    for (const body of [{}, { now: 'tomorrow' }, { advanceSeconds: 0.5 }]) {
      expect((await control('POST', '/clock', body)).status).toBe(400);
    }
  });

  test('gives a consent another status', async () => {
    const { consentId, read } = await connect(bank.current.url);
    const path = `/consents/${consentId}/status`;
    expect((await control('POST', path, { status: 'revokedByPsu' })).status).toBe(204);
    expect(codeOf(await read('/accounts'))).toBe('401 CONSENT_INVALID');
    expect((await control('POST', path, { status: 'lost' })).status).toBe(400);
    expect((await control('POST', '/consents/none/status', { status: 'valid' })).status).toBe(404);
    const listed = (await control('GET', '/consents')).json;
    expect(listed).toContainEqual(
      expect.objectContaining({ id: consentId, status: 'revokedByPsu', userName: 'ada' }),
    );
  });

  test('tells which calls came', async () => {
    await control('DELETE', '/requests');
    const { consentId, read } = await connect(bank.current.url);
    await read('/accounts', true);
    await setFault({ route: 'account', fault: 'connection-reset' });
    await failureOf(read('/accounts/1'));
    const { json } = await control('GET', '/requests');
    const calls = json.map((each: Record<string, unknown>) => [each.route, each.status, each.psuPresent]);
    expect(calls).toEqual([
      ['createConsent', 201, true],
      ['metadata', 200, false],
      ['authorize', 303, false],
      ['token', 200, false],
      ['accounts', 200, false],
      ['account', 0, true],
    ]);
    expect(json.at(-1)).toMatchObject({ bank: testBank, consentId });
  });

  test('takes JSON only: no form of a web page reaches it', async () => {
    const response = await fetch(`${bank.current.url}/control/faults`, {
      method: 'POST',
      headers: { 'content-type': 'application/x-www-form-urlencoded' },
      body: 'fault=slow',
    });
    expect(response.status).toBe(400);
  });
});

describe('a failure of the bank itself', () => {
  test('is reported, and told nobody else', async () => {
    const failures: Error[] = [];
    let isBroken = false;
    const now = () => {
      if (isBroken) throw new Error('the clock is broken');
      return new Date(startOfTests);
    };
    const broken = await startBank({ now, onFailure: (error) => failures.push(error) });
    const client = new Tpp(broken.url);
    const { consentId } = (await client.createConsent()).json;
    const { url } = await client.authorizeUrl(consentId);
    isBroken = true;
    const answers = [await client.createConsent(), await client.exchange('code', 'verifier')];
    const page = await new PsuBrowser().open(url);
    const control = await fetch(`${broken.url}/control/clock`);
    isBroken = false;
    await broken.close();
    expect([...answers.map(({ status }) => status), page.status, control.status]).toEqual([
      500, 400, 500, 500,
    ]);
    const told = [...answers.map(({ text }) => text), page.html, await control.text()].join();
    expect(told).not.toMatch(/clock is broken|at .*\.ts/);
    expect(failures.map(({ message }) => message)).toEqual(Array(3).fill('the clock is broken'));
  });
});

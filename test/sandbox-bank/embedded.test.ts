import { createHash } from 'node:crypto';
import { inflateSync } from 'node:zlib';
import { describe, expect, test } from 'vitest';
import { openBank } from './support/bank-under-test.ts';
import { PsuBrowser, textOf } from './support/psu.ts';
import { embeddedBank, openConsent } from './support/sca.ts';
import { type Answer, allAccounts, codeOf, pathOf } from './support/tpp.ts';

const bank = openBank();
const right = { psuData: { password: 'any' } };
const wrong = { psuData: { password: 'wrong' } };

/** As docs/sandbox.md tells testers to work it out. */
function codeFor(authorisationId: string): string {
  return createHash('sha256').update(authorisationId).digest('hex').replaceAll(/\D/g, '').slice(0, 6);
}

/** A customer who has given his password. */
async function signedIn(psuId: string) {
  const consent = await openConsent(bank.current.url, embeddedBank);
  const step = await consent.start(psuId, right);
  return { ...consent, step, authorisationId: step.json.authorisationId as string };
}

async function chosen(psuId: string, authenticationMethodId: string) {
  const before = await signedIn(psuId);
  const href = before.step.json._links.selectAuthenticationMethod.href;
  const step = await before.put(href, { authenticationMethodId });
  const enter = (code: string): Promise<Answer> =>
    before.put(step.json._links.authoriseTransaction.href, { scaAuthenticationData: code });
  return { ...before, step, enter };
}

describe('password, method and code', () => {
  test('lead to a valid consent', async () => {
    const { created, links, step, authorisationId, put, status, scaStatus, read } = await signedIn('ada');
    expect(created.headers.get('aspsp-sca-approach')).toBe('EMBEDDED');
    expect(Object.keys(links)).toContain('startAuthorisationWithPsuAuthentication');
    expect(step.status).toBe(201);
    expect(step.json.scaStatus).toBe('psuAuthenticated');
    const types = step.json.scaMethods.map((each: { authenticationType: string }) => each.authenticationType);
    expect(types).toEqual(['SMS_OTP', 'CHIP_OTP', 'PHOTO_OTP', 'PUSH_OTP']);
    const select = await put(step.json._links.selectAuthenticationMethod.href, {
      authenticationMethodId: 'sms',
    });
    expect(select.json).toMatchObject({
      scaStatus: 'scaMethodSelected',
      chosenScaMethod: { authenticationType: 'SMS_OTP', authenticationMethodId: 'sms' },
      challengeData: { otpMaxLength: 6, otpFormat: 'integer' },
    });
    const done = await put(select.json._links.authoriseTransaction.href, {
      scaAuthenticationData: codeFor(authorisationId),
    });
    const { href } = done.json._links.scaStatus;
    expect(done.json).toEqual({ scaStatus: 'finalised', _links: { scaStatus: { href } } });
    expect([await scaStatus(href), await status()]).toEqual(['finalised', 'valid']);
    expect((await read('/accounts')).json.accounts[0].ownerName).toBe('Ada Lindqvist');
  });

  test('may come one by one: first who, then the password', async () => {
    const { start, put } = await openConsent(bank.current.url, embeddedBank);
    const identified = await start('single');
    expect(identified.json).toMatchObject({ scaStatus: 'psuIdentified' });
    const step = await put(identified.json._links.updatePsuAuthentication.href, right);
    expect(step.json.scaStatus).toBe('scaMethodSelected');
  });

  test('who has one method need not choose', async () => {
    const { step, put, authorisationId, status } = await signedIn('single');
    expect(step.json).toMatchObject({
      scaStatus: 'scaMethodSelected',
      chosenScaMethod: { authenticationMethodId: 'sms' },
    });
    expect(step.json.scaMethods).toBeUndefined();
    await put(step.json._links.authoriseTransaction.href, {
      scaAuthenticationData: codeFor(authorisationId),
    });
    expect(await status()).toBe('valid');
  });

  test('who is exempt is done with his password', async () => {
    const { step, status } = await signedIn('exempt');
    expect([step.json.scaStatus, await status()]).toEqual(['exempted', 'valid']);
    expect(Object.keys(step.json._links)).toEqual(['scaStatus']);
  });
});

describe('each method', () => {
  test.each(['sms', 'push'])('%s: the code lies on the phone', async (method) => {
    const { authorisationId, step } = await chosen('ada', method);
    expect(step.json.challengeData.additionalInformation).toContain(`${bank.current.url}/app`);
    const page = await new PsuBrowser().open(`${bank.current.url}/app`);
    expect(textOf(page)).toContain(codeFor(authorisationId));
  });

  test.each([
    ['PSU-Accept-Language', { 'PSU-Accept-Language': 'de-AT, en;q=0.9' }, 'Die App zeigt Ihnen einen Code.'],
    ['Accept-Language', { 'Accept-Language': 'en;q=0.3, fr, de;q=0.8' }, 'Die App zeigt Ihnen einen Code.'],
    [
      'the user’s language before the TPP’s',
      { 'PSU-Accept-Language': 'en', 'Accept-Language': 'de' },
      'The app shows you a code.',
    ],
    [
      'neither, if it speaks none of them',
      { 'PSU-Accept-Language': 'fr, de;q=0' },
      'The app shows you a code.',
    ],
  ])('is told in the language of %s', async (_what, headers, explanation) => {
    const { start } = await openConsent(bank.current.url, embeddedBank);
    const { json } = await start('ada', right, headers);
    const push = json.scaMethods.find((each: { authenticationMethodId: string }) => {
      return each.authenticationMethodId === 'push';
    });
    expect(push.explanation).toBe(explanation);
  });

  test('chip: the start code backwards', async () => {
    const { step, enter, status } = await chosen('ada', 'chip');
    const [startCode] = step.json.challengeData.data;
    expect((await enter([...startCode].reverse().join(''))).status).toBe(200);
    expect(await status()).toBe('valid');
  });

  test('photo: a picture that shows the code', async () => {
    const { step, authorisationId } = await chosen('ada', 'photo');
    const png = Buffer.from(step.json.challengeData.image, 'base64');
    expect(png.subarray(0, 8)).toEqual(Buffer.from('89504e470d0a1a0a', 'hex'));
    expect(readDigits(png)).toBe(codeFor(authorisationId));
  });
});

test('hostile: what the bank has the TPP show is hostile too, within the standard’s lengths', async () => {
  const { step, put } = await signedIn('hostile');
  const texts = step.json.scaMethods.flatMap((each: { name: string; explanation: string }) => [
    each.name,
    each.explanation,
  ]);
  const { href } = step.json._links.selectAuthenticationMethod;
  const { json } = await put(href, { authenticationMethodId: 'sms' });
  texts.push(json.challengeData.additionalInformation);
  for (const text of texts) {
    expect(text).toContain('<b onclick="alert(1)">');
    expect(text).toContain('\u202e');
    expect(text.length).toBeLessThan(500);
  }
});

describe('what is wrong', () => {
  test('a code: two more tries, then the authorisation has failed', async () => {
    const { enter, status, step, scaStatus } = await chosen('ada', 'sms');
    for (const _ of [1, 2]) expect(codeOf(await enter('000000'))).toBe('401 PSU_CREDENTIALS_INVALID');
    expect(await status()).toBe('received');
    const last = await enter('000000');
    expect([codeOf(last), pathOf(last)]).toEqual(['401 PSU_CREDENTIALS_INVALID', 'scaAuthenticationData']);
    expect([await scaStatus(step.json._links.scaStatus.href), await status()]).toEqual([
      'failed',
      'rejected',
    ]);
    expect(codeOf(await enter('000000'))).toBe('400 SCA_INVALID');
  });

  test('the right code after wrong ones is right', async () => {
    const { enter, authorisationId, status } = await chosen('ada', 'sms');
    for (const _ of [1, 2]) await enter('000000');
    expect((await enter(codeFor(authorisationId))).status).toBe(200);
    expect(await status()).toBe('valid');
  });

  test('a password: two more tries, then the consent is rejected', async () => {
    const { start, status } = await openConsent(bank.current.url, embeddedBank);
    for (const _ of [1, 2, 3]) {
      expect(await status()).toBe('received');
      const answer = await start('ada', wrong);
      expect([codeOf(answer), pathOf(answer)]).toEqual(['401 PSU_CREDENTIALS_INVALID', 'psuData.password']);
    }
    expect(await status()).toBe('rejected');
    expect(codeOf(await start('ada', right))).toBe('409 STATUS_INVALID');
  });

  test('a password after the customer was named', async () => {
    const { start, put, scaStatus } = await openConsent(bank.current.url, embeddedBank);
    const { _links } = (await start('ada')).json;
    for (const _ of [1, 2, 3]) {
      expect(codeOf(await put(_links.updatePsuAuthentication.href, wrong))).toBe(
        '401 PSU_CREDENTIALS_INVALID',
      );
    }
    expect(await scaStatus(_links.scaStatus.href)).toBe('failed');
    expect(codeOf(await put(_links.updatePsuAuthentication.href, right))).toBe('400 SCA_INVALID');
  });

  test.each([
    [{ authenticationMethodId: 'pigeon' }, '400 SCA_METHOD_UNKNOWN', 'authenticationMethodId'],
    [{ authenticationMethodId: 7 }, '400 FORMAT_ERROR', 'authenticationMethodId'],
    [{ scaAuthenticationData: '123456' }, '409 STATUS_INVALID', 'scaAuthenticationData'],
    [right, '409 STATUS_INVALID', 'psuData'],
    [{}, '400 FORMAT_ERROR', 'body'],
    [{ ...right, authenticationMethodId: 'sms' }, '400 FORMAT_ERROR', 'body'],
  ])('%o when a method is awaited', async (body, code, path) => {
    const { step, put } = await signedIn('ada');
    const answer = await put(step.json._links.selectAuthenticationMethod.href, body);
    expect([codeOf(answer), pathOf(answer)]).toEqual([code, path]);
  });

  test.each([
    ['ada', { psuData: {} }, '400 FORMAT_ERROR', 'psuData.password'],
    [
      'ada',
      { psuData: { encryptedPassword: 'x' } },
      '400 PARAMETER_NOT_SUPPORTED',
      'psuData.encryptedPassword',
    ],
    ['nobody', right, '401 PSU_CREDENTIALS_INVALID', 'PSU-ID'],
    ['', right, '400 FORMAT_ERROR', 'PSU-ID'],
  ])('%s starts with %o', async (psuId, body, code, path) => {
    const { start } = await openConsent(bank.current.url, embeddedBank);
    const answer = await start(psuId, body);
    expect([codeOf(answer), pathOf(answer)]).toEqual([code, path]);
  });

  test('somebody else goes on', async () => {
    const { step, tpp } = await signedIn('ada');
    const answer = await tpp.call(step.json._links.selectAuthenticationMethod.href, {
      method: 'PUT',
      headers: { 'PSU-ID': 'many' },
      body: { authenticationMethodId: 'sms' },
    });
    expect([codeOf(answer), pathOf(answer)]).toEqual(['401 PSU_CREDENTIALS_INVALID', 'PSU-ID']);
  });

  test('a consent for which accounts would have to be picked', async () => {
    const access = { accounts: [], balances: [] };
    const { created } = await openConsent(bank.current.url, embeddedBank, {
      body: { ...allAccounts, access },
    });
    expect([codeOf(created), pathOf(created)]).toEqual(['400 PARAMETER_NOT_SUPPORTED', 'access']);
  });
});

/** What a person sees in the middle of the picture. */
function readDigits(png: Buffer): string {
  const [width, dot, framing] = [png.readUInt32BE(16), 8, 5];
  const length = png.readUInt32BE(33);
  const lines = inflateSync(png.subarray(41, 41 + length));
  const isDark = (x: number, y: number) =>
    (lines[(y * dot + 4) * (1 + 3 * width) + 1 + 3 * (x * dot + 4)] ?? 255) < 20;
  const shapes = [...'0123456789'].map((digit) => [digit, shapeOf(digit)] as const);
  return Array.from({ length: 6 }, (_, index) => {
    const seen = Array.from({ length: 15 }, (_, bit) =>
      isDark(framing + index * 4 + (bit % 3), framing + Math.floor(bit / 3)) ? '#' : '.',
    ).join('');
    return shapes.find(([, shape]) => shape === seen)?.[0] ?? `[${seen}]`;
  }).join('');
}

/** Digits as a seven-segment-like font of three by five has them, written out so that the test can err by itself. */
function shapeOf(digit: string): string {
  const shapes: Record<string, string> = {
    '0': '###|#.#|#.#|#.#|###',
    '1': '.#.|##.|.#.|.#.|###',
    '2': '###|..#|###|#..|###',
    '3': '###|..#|###|..#|###',
    '4': '#.#|#.#|###|..#|..#',
    '5': '###|#..|###|..#|###',
    '6': '###|#..|###|#.#|###',
    '7': '###|..#|.#.|#..|#..',
    '8': '###|#.#|###|#.#|###',
    '9': '###|#.#|###|..#|###',
  };
  return (shapes[digit] ?? '').replaceAll('|', '');
}

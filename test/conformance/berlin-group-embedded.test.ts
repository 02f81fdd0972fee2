import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { BankFailure } from '../../src/banking/failure.ts';
import type { FormStep, Step } from '../../src/banking/step.ts';
import { type BerlinGroupFace, openBerlinGroupFace } from './berlin-group-face.ts';
import { Bench } from './conformance-bench.ts';

let face: BerlinGroupFace;
beforeAll(async () => {
  face = await openBerlinGroupFace();
});
afterEach(() => face.clearFaults());
afterAll(() => face.close());

const psu = { ipAddress: '192.0.2.10' };
const canary = 'canary-password-7Q';

interface Visit {
  readonly bench: Bench;
  step: Step;
}

/** A user before the first form of a bank. */
async function arrive(slug = 'trellis-embedded-bank', more: object = {}): Promise<Visit> {
  const bench = new Bench(face, 'embedded', face.deviant(slug, { sca: 'embedded', ...more }));
  return { bench, step: await bench.connector.begin(bench.bank, bench.request()) };
}

/** Sends a form; what is kept between two calls never holds what is secret. */
async function send(visit: Visit, values: Record<string, string>): Promise<Step> {
  const { attempt } = formIn(visit.step);
  visit.step = await visit.bench.resume(JSON.parse(JSON.stringify(attempt)), { kind: 'form', values, psu });
  for (const secret of [values.password, values.additionalPassword, values.code])
    if (secret) expect(JSON.stringify(visit.step)).not.toContain(secret);
  return visit.step;
}

function formIn(step: Step): FormStep {
  if (step.kind !== 'form') throw new Error(`expected a form, got ${JSON.stringify(step)}`);
  return step;
}

const login = (psuId: string, password = canary) => ({ psuId, password });

function codeOf(userName: string): string {
  return (
    face.control
      .authorisations()
      .filter((each) => each.userName === userName)
      .at(-1)?.code ?? ''
  );
}

function wrong(code: string): string {
  return code === '000000' ? '000001' : '000000';
}

describe('the login', () => {
  it('is asked for with all that the bank wants', async () => {
    const visit = await arrive('trellis-embedded-bank', {
      psuIdLabel: 'customer-number',
      psuIdTypes: [{ value: 'A', text: 'Private' }, { value: 'B' }],
      corporateId: true,
    });
    expect(formIn(visit.step)).toMatchObject({
      purpose: 'credentials',
      fields: [
        { name: 'psuId', label: 'customer-number', type: 'text', secret: false },
        {
          name: 'psuIdType',
          label: 'login-kind',
          type: 'choice',
          options: [
            { value: 'A', text: 'Private' },
            { value: 'B', text: 'B' },
          ],
        },
        { name: 'corporateId', label: 'corporate-id' },
        { name: 'password', label: 'password', type: 'password', secret: true },
      ],
    });
    const rejected = async (values: Record<string, string>) => formIn(await send(visit, values)).rejected;
    const full = { ...login('ada'), psuIdType: 'B', corporateId: 'c-1' };
    expect(await rejected({ ...full, psuId: ' ' })).toEqual({ field: 'psuId' });
    expect(await rejected({ ...full, psuId: 'ädä' })).toEqual({ field: 'psuId' });
    expect(await rejected({ ...full, psuIdType: 'C' })).toEqual({ field: 'psuIdType' });
    expect(await rejected({ ...full, corporateId: 'a\nb' })).toEqual({ field: 'corporateId' });
    expect(await rejected({ ...full, password: '' })).toEqual({ field: 'password' });
    expect(await rejected({ psuId: 'ada' })).toEqual({ field: 'psuIdType' });
    expect(formIn(await send(visit, full)).purpose).toBe('choose-method');
  });

  it('that the bank does not know is asked for again', async () => {
    const visit = await arrive();
    expect(await send(visit, login('nobody'))).toMatchObject({
      purpose: 'credentials',
      rejected: { field: 'psuId' },
    });
    expect(formIn(visit.step).fields[0]).toMatchObject({ name: 'psuId', value: 'nobody' });
    expect(formIn(await send(visit, login('ada'))).purpose).toBe('choose-method');
  });

  it.each(['trellis-embedded-bank', 'trellis-drift-bank'])(
    'with a wrong password is asked for again, until the bank has enough (%s)',
    async (slug) => {
      const visit = await arrive(slug);
      const before = face.consents().length;
      for (let count = 0; count < 2; count += 1) {
        expect(await send(visit, login('ada', 'wrong'))).toMatchObject({
          purpose: 'credentials',
          rejected: { field: 'password' },
        });
        expect(formIn(visit.step).fields[0]).toMatchObject({ value: 'ada' });
        expect(formIn(visit.step).fields[1]).not.toHaveProperty('value');
      }
      expect(await send(visit, login('ada', 'wrong'))).toEqual({ kind: 'refused', reason: 'denied' });
      expect(face.consents()).toHaveLength(before + 1);
    },
  );

  it('of a company is asked for its other password after the first', async () => {
    const own = `${face.origin}/berlin-group/trellis-giro-bank`;
    const visit = await arrive('trellis-giro-bank', {
      baseUrl: `${own}/{serviceGroup}/DE/TRGI/v1`,
      dateHeader: true,
      psuIdTypes: [{ value: 'DE_ONLB_TRGI' }, { value: 'DE_ONLB_TRGB' }],
      psuIdCutTo: 10,
      passwordCertificateUrl: `${own}/password-certificate.pem`,
    });
    await send(visit, { ...login('ada000000012'), psuIdType: 'DE_ONLB_TRGB' });
    for (const additionalPassword of ['wrong', canary]) {
      expect(formIn(visit.step).fields.map(({ name }) => name)).toEqual(['additionalPassword']);
      await send(visit, { additionalPassword });
    }
    expect(formIn(visit.step).purpose).toBe('choose-method');
    await send(visit, { method: 'sms' });
    expect(await send(visit, { code: codeOf('ada') })).toMatchObject({ kind: 'authorised' });
  });

  it('of another person than before begins anew, and ends what was begun', async () => {
    const before = new Bench(face, 'embedded').livingConsents().size;
    const visit = await arrive();
    await send(visit, login('joint', 'wrong'));
    expect(formIn(await send(visit, login('ada'))).purpose).toBe('choose-method');
    expect(visit.bench.livingConsents().size).toBe(before + 1);
    await send(visit, { method: 'sms' });
    expect(await send(visit, { code: codeOf('ada') })).toMatchObject({ kind: 'authorised' });
  });

  it('is enough for some', async () => {
    const visit = await arrive();
    expect(await send(visit, login('exempt'))).toMatchObject({ kind: 'authorised' });
  });

  it('at a bank that gives a token for it: a wrong one is asked for again', async () => {
    const visit = await arrive('trellis-direct-bank', {
      preAuthorisationUrl: `${face.origin}/berlin-group/trellis-direct-bank/pre-authorisation`,
      bearerHeader: 'psd2-authorization',
    });
    expect(await send(visit, login('ada', 'wrong'))).toMatchObject({ rejected: { field: 'password' } });
    expect(formIn(await send(visit, login('ada'))).purpose).toBe('choose-method');
    await send(visit, { method: 'sms' });
    expect(await send(visit, { code: codeOf('ada') })).toMatchObject({ kind: 'authorised' });
  });
});

describe('the second factor', () => {
  it('is chosen by the names that the bank has for it', async () => {
    const visit = await arrive();
    const { fields } = formIn(await send(visit, login('ada')));
    expect(fields).toHaveLength(1);
    expect(fields[0]?.options).toEqual([
      { value: 'sms', text: 'SMS to +49 170 xxxxx 28: A code comes by text message.' },
      { value: 'chip', text: expect.stringContaining('Card reader') },
      { value: 'photo', text: expect.stringContaining('photoTAN') },
      { value: 'push', text: expect.stringContaining('Code in the app') },
    ]);
    for (const method of ['', 'other', '__proto__'])
      expect(await send(visit, { method })).toMatchObject({ rejected: { field: 'method' } });
    expect(formIn(await send(visit, { method: 'push' })).purpose).toBe('second-factor');
  });

  it('is not chosen where there is one', async () => {
    const visit = await arrive();
    expect(await send(visit, login('single'))).toMatchObject({
      purpose: 'second-factor',
      fields: [{ name: 'code', characters: 'digits', maxLength: 6, secret: true }],
      challenge: { text: expect.stringContaining('text message') },
    });
    expect(await send(visit, { code: codeOf('single') })).toMatchObject({ kind: 'authorised' });
  });

  it.each([
    ['trellis-embedded-bank', {}],
    ['trellis-cooperative-bank', { recurring: 'always' }],
    [
      'trellis-legacy-bank',
      { psuIdTypes: [{ value: 'TRLG_ONLINEBANKING' }], absentPsuIpAddress: '192.0.2.1' },
    ],
  ])('comes with its challenge: what to type into a device, or a picture (%s)', async (slug, profile) => {
    const visit = await arrive(slug, profile);
    await send(visit, login('ada'));
    expect(await send(visit, { method: 'chip' })).toMatchObject({
      fields: [{ characters: 'digits', maxLength: 6 }],
      challenge: { data: [[...codeOf('ada')].reverse().join('')], text: expect.any(String) },
    });
    expect(await send(visit, { code: codeOf('ada') })).toMatchObject({ kind: 'authorised' });
    const other = await arrive(slug, profile);
    await send(other, login('ada'));
    const { challenge } = formIn(await send(other, { method: 'photo' }));
    expect(challenge?.image?.mediaType).toBe('image/png');
    expect(
      Buffer.from(challenge?.image?.base64 ?? '', 'base64')
        .subarray(1, 4)
        .toString(),
    ).toBe('PNG');
  });

  it('is asked for again with its challenge after a wrong code, until the bank has enough', async () => {
    const visit = await arrive();
    await send(visit, login('ada'));
    const { challenge, fields } = formIn(await send(visit, { method: 'photo' }));
    for (let count = 0; count < 2; count += 1) {
      const again = formIn(await send(visit, { code: wrong(codeOf('ada')) }));
      expect(again).toMatchObject({ purpose: 'second-factor', rejected: { field: 'code' } });
      expect([again.challenge, again.fields]).toEqual([challenge, fields]);
    }
    expect(await send(visit, { code: wrong(codeOf('ada')) })).toEqual({ kind: 'refused', reason: 'denied' });
  });

  it('is right on a second try, whatever groups it is typed in', async () => {
    const visit = await arrive();
    await send(visit, login('ada'));
    await send(visit, { method: 'sms' });
    await send(visit, { code: wrong(codeOf('ada')) });
    expect(await send(visit, { code: '' })).toMatchObject({ rejected: { field: 'code' } });
    expect(await send(visit, { code: '1'.repeat(7) })).toMatchObject({ rejected: { field: 'code' } });
    const code = codeOf('ada');
    expect(await send(visit, { code: ` ${code.slice(0, 3)} ${code.slice(3)} ` })).toMatchObject({
      kind: 'authorised',
    });
  });

  it('in the app needs no code, and may be declined there', async () => {
    const visit = await arrive('trellis-push-bank');
    await send(visit, login('ada'));
    const step = await send(visit, { method: 'app' });
    expect(step).toMatchObject({
      kind: 'decoupled',
      message: expect.stringContaining('app'),
      pollAfterMs: 2000,
    });
    const last = face.control.authorisations().at(-1);
    face.control.answerInApp(last?.id ?? '', 'decline');
    const { attempt } = step.kind === 'decoupled' ? step : { attempt: {} };
    expect(await visit.bench.resume(attempt, { kind: 'poll', psu })).toEqual({
      kind: 'refused',
      reason: 'cancelled',
    });
  });
});

it('texts of the bank are text, cut and without control characters', async () => {
  const visit = await arrive();
  const { fields } = formIn(await send(visit, login('hostile')));
  for (const { text } of fields[0]?.options ?? []) {
    expect(text).toContain('<b onclick=');
    expect(text).not.toMatch(/\p{Cc}/u);
    expect(text.length).toBeLessThanOrEqual(1_100);
  }
});

describe('nothing that is secret is in a failure', () => {
  it.each([
    ['startAuthorisation', 'login'],
    ['updatePsuData', 'code'],
  ] as const)('of %s', async (route, at) => {
    for (const fault of [
      'status-500',
      'connection-reset',
      'malformed-json',
      'no-answer',
      'html-200',
    ] as const) {
      const visit = await arrive();
      const impatient = new Bench(face, 'embedded', visit.bench.bank);
      Object.assign(impatient, { connector: face.impatient });
      if (at === 'code') await send(visit, login('single'));
      face.control.addFault({ route, fault });
      const secret = at === 'code' ? codeOf('single') : canary;
      const values = at === 'code' ? { code: secret } : login('ada');
      const { attempt } = formIn(visit.step);
      const thrown: unknown = await impatient
        .resume(attempt, { kind: 'form', values, psu })
        .catch((error: unknown) => error);
      face.clearFaults();
      if (!(thrown instanceof BankFailure)) throw new Error(`no failure (${fault})`);
      expect(thrown.kind).toBe('retry-later');
      for (let error: unknown = thrown; error instanceof Error; error = error.cause) {
        const shown = `${error.message} ${error.stack} ${JSON.stringify(error, Object.getOwnPropertyNames(error))}`;
        expect(shown).not.toContain(secret);
      }
    }
  });
});

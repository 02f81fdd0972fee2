import { describe, expect, it } from 'vitest';
import { OutboundFailure } from '../../platform/outbound/failure.ts';
import { type BankAnswer, codesOf, refusal, type TranslationContext, transportFailure } from './errors.ts';

const now = new Date('2026-05-04T10:00:00Z');
const context: TranslationContext = {
  operation: 'read accounts',
  underConsent: true,
  now,
  maxRetryAfterMs: 86_400_000,
  endOfBankDay: new Date('2026-05-04T22:00:00Z'),
};

function answer(status: number, body: unknown, headers: Record<string, string> = {}): BankAnswer {
  const bytes = Buffer.from(typeof body === 'string' ? body : JSON.stringify(body));
  return { status, headers, body: bytes, url: 'https://bank.test/v1/accounts' };
}

function tpp(code: string, more: object = {}) {
  return { tppMessages: [{ category: 'ERROR', code, text: 'secret text', ...more }] };
}

describe('translation', () => {
  it.each([
    [
      'user-must-act',
      401,
      'CONSENT_INVALID CONSENT_EXPIRED TOKEN_UNKNOWN TOKEN_INVALID TOKEN_EXPIRED PSU_CREDENTIALS_INVALID',
    ],
    ['user-must-act', 403, 'CONSENT_UNKNOWN RESOURCE_UNKNOWN RESOURCE_EXPIRED'],
    ['user-must-act', 400, 'CONSENT_UNKNOWN SCA_INVALID'],
    ['retry-later', 429, 'ACCESS_EXCEEDED'],
    ['retry-later', 500, 'INTERNAL_SERVER_ERROR FORMAT_ERROR'],
    ['retry-later', 503, 'SERVICE_UNAVAILABLE'],
    ['bank-refused', 403, 'SERVICE_BLOCKED'],
    ['bank-refused', 404, 'RESOURCE_UNKNOWN'],
    ['bank-refused', 400, 'RESOURCE_BLOCKED RESOURCE_EXPIRED'],
    ['bank-refused', 409, 'STATUS_INVALID'],
    [
      'operator-fault',
      401,
      'CERTIFICATE_INVALID CERTIFICATE_EXPIRED CERTIFICATE_BLOCKED CERTIFICATE_REVOKED CERTIFICATE_REVOKE',
    ],
    [
      'operator-fault',
      401,
      'CERTIFICATE_MISSING ROLE_INVALID SIGNATURE_INVALID SIGNATURE_MISSING CORPORATE_ID_INVALID',
    ],
    ['our-bug', 400, 'FORMAT_ERROR PARAMETER_NOT_CONSISTENT PARAMETER_NOT_SUPPORTED SERVICE_INVALID'],
    ['our-bug', 400, 'PERIOD_INVALID SCA_METHOD_UNKNOWN SESSIONS_NOT_SUPPORTED'],
    ['our-bug', 405, 'SERVICE_INVALID'],
    ['our-bug', 406, 'REQUESTED_FORMATS_INVALID'],
  ])('%s for %i %s, in both forms of the standard', (kind, status, codes) => {
    for (const code of codes.split(' ')) {
      expect(refusal(answer(status, tpp(code)), context)).toMatchObject({
        kind,
        details: { bankCode: code },
      });
      const problem = { type: 'https://x', title: 'secret', detail: 'secret', code };
      expect(refusal(answer(status, problem), context)).toMatchObject({ kind, details: { bankCode: code } });
      const additional = { type: 'https://x', additionalErrors: [{ code, detail: 'secret' }] };
      expect(refusal(answer(status, additional), context)).toMatchObject({
        kind,
        details: { bankCode: code },
      });
    }
  });

  it.each([
    ['retry-later', 500],
    ['retry-later', 502],
    ['retry-later', 408],
    ['retry-later', 429],
    ['user-must-act', 401],
    ['user-must-act', 403],
    ['our-bug', 400],
    ['our-bug', 404],
    ['our-bug', 415],
    ['operator-fault', 302],
  ])('%s for %i with a page of a gateway', (kind, status) => {
    for (const body of [
      '<html>secret</html>',
      '',
      '{',
      '[]',
      'null',
      '{"tppMessages":"x"}',
      '{"tppMessages":[null]}',
    ]) {
      expect(refusal(answer(status, body), context)).toMatchObject({ kind });
    }
  });

  it('before there is a consent, no user is asked to act: it is for the operator', () => {
    const early = { ...context, underConsent: false };
    expect(refusal(answer(401, tpp('TOKEN_UNKNOWN')), early).kind).toBe('operator-fault');
    expect(refusal(answer(401, ''), early).kind).toBe('operator-fault');
    expect(refusal(answer(403, ''), early).kind).toBe('operator-fault');
    expect(refusal(answer(503, ''), early).kind).toBe('retry-later');
  });

  it('keeps no word of the bank: neither text nor a code that is not the standard’s', () => {
    for (const body of [
      tpp('FORMAT_ERROR'),
      tpp('DE89370400440532013000'),
      { error: 'ADA LINDQVIST' },
      '<p>secret</p>',
    ]) {
      const failure = refusal(answer(400, body), context);
      const shown = `${failure.message} ${JSON.stringify(failure.details)} ${failure.stack}`;
      expect(shown).not.toMatch(/secret|DE893|ADA/);
    }
  });

  it('a warning is no error', () => {
    const warned = {
      tppMessages: [
        { category: 'WARNING', code: 'CERTIFICATE_INVALID' },
        { category: 'ERROR', code: 'CONSENT_INVALID' },
      ],
    };
    expect(codesOf(answer(401, warned))).toEqual(['CONSENT_INVALID']);
  });

  it.each([
    ['120', 120_000],
    ['0', 0],
    ['Mon, 04 May 2026 10:05:00 GMT', 300_000],
    ['Mon, 04 May 2026 09:00:00 GMT', 0],
    ['31536000', 86_400_000],
    ['99999999999999999999', 86_400_000],
    ['soon', undefined],
    ['-5', undefined],
    ['', undefined],
  ])('Retry-After %j waits %s ms', (header, waitMs) => {
    for (const status of [429, 503]) {
      const failure = refusal(answer(status, '', { 'retry-after': header }), context);
      expect(failure.details.retryAfterMs).toBe(waitMs);
    }
  });

  it('a daily budget that is used up waits for the midnight of the bank', () => {
    expect(refusal(answer(429, tpp('ACCESS_EXCEEDED')), context).details.retryAfterMs).toBe(12 * 3_600_000);
    const told = answer(429, tpp('ACCESS_EXCEEDED'), { 'retry-after': '60' });
    expect(refusal(told, context).details.retryAfterMs).toBe(60_000);
  });
});

describe('no answer', () => {
  it.each([
    ['operator-fault', 'refused-address', undefined],
    ['retry-later', 'tls', 'EPROTO'],
    ['retry-later', 'tls', 'ERR_SSL_TLSV1_ALERT_INTERNAL_ERROR'],
    ['retry-later', 'tls', 'ERR_SSL_WRONG_VERSION_NUMBER'],
    ['retry-later', 'dns', undefined],
    ['retry-later', 'connect', 'ECONNREFUSED'],
    ['retry-later', 'timeout', undefined],
    ['retry-later', 'reset', 'ECONNRESET'],
    ['retry-later', 'bad-answer', 'HPE_INVALID_CONSTANT'],
    ['bank-refused', 'too-large', undefined],
  ] as const)('is %s for %s %s', (kind, reason, code) => {
    const thrown = new OutboundFailure(reason, 'GET https://bank.test', code);
    expect(transportFailure('read accounts', thrown)).toMatchObject({
      kind,
      message: `read accounts: ${reason}`,
    });
  });

  it.each([
    ['ERR_SSL_TLSV13_ALERT_CERTIFICATE_REQUIRED', 'the bank refused our certificate'],
    ['ERR_SSL_SSLV3_ALERT_BAD_CERTIFICATE', 'the bank refused our certificate'],
    ['ERR_SSL_TLSV1_ALERT_PROTOCOL_VERSION', 'the bank refused the TLS connection'],
    ['CERT_HAS_EXPIRED', 'the certificate of the bank has expired'],
    ['CERT_NOT_YET_VALID', 'the certificate of the bank is not valid yet'],
    ['ERR_TLS_CERT_ALTNAME_INVALID', 'the certificate of the bank is for another name'],
    ['DEPTH_ZERO_SELF_SIGNED_CERT', 'the certificate of the bank is of no authority that is trusted here'],
    [
      'UNABLE_TO_GET_ISSUER_CERT_LOCALLY',
      'the certificate of the bank is of no authority that is trusted here',
    ],
    ['CERT_REVOKED', 'the certificate of the bank is not good'],
  ])('is for the operator where certificates are refused: %s', (code, words) => {
    const thrown = new OutboundFailure('tls', 'GET https://bank.test', code);
    expect(transportFailure('read accounts', thrown)).toMatchObject({
      kind: 'operator-fault',
      message: `read accounts: ${words}`,
    });
  });

  it('is our bug where the call itself was wrong', () => {
    expect(transportFailure('read accounts', new TypeError('x')).kind).toBe('our-bug');
  });
});

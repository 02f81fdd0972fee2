import { consentPath } from '../addresses.ts';
import type { Consent } from '../consents/consent.ts';
import { addAuthorisation, changeStatus, createConsent, findConsent } from '../consents/consent-service.ts';
import { pathParameter } from '../request-parts.ts';
import { checkToken } from './bearer-token.ts';
import { parseConsentRequest } from './consent-request.ts';
import { consentInformation } from './consent-wire.ts';
import type { Call, Operation } from './operation.ts';
import { booleanHeader, brandOf, psuIsPresent, returnAddresses } from './request-headers.ts';
import { authorisationLinks, scaApproaches, startLinks } from './sca-approach.ts';
import { formatError, TppError } from './tpp-error.ts';

export const consentOperations: readonly Operation[] = [
  { name: 'createConsent', method: 'POST', path: '/consents', handle: create },
  { name: 'getConsent', method: 'GET', path: '/consents/:consentId', handle: read },
  { name: 'consentStatus', method: 'GET', path: '/consents/:consentId/status', handle: readStatus },
  { name: 'deleteConsent', method: 'DELETE', path: '/consents/:consentId', handle: remove },
];

/** The consent in the path of a call. CONSENT_UNKNOWN is 403 there. A token that came along must fit. */
export function consentInPath({ sandbox, bank, request }: Call): Consent {
  const consent = findConsent(sandbox, bank, pathParameter(request, 'consentId'));
  if (consent === undefined) throw new TppError('CONSENT_UNKNOWN', 'This bank knows no such consent.');
  if (request.headers.authorization !== undefined) checkToken(sandbox, bank, request, consent.id);
  return consent;
}

function create(call: Call) {
  const { sandbox, bank, request, reply } = call;
  if (!psuIsPresent(request)) throw formatError('PSU-IP-Address', 'This header is mandatory.');
  const returnTo = returnAddresses(request);
  if (returnTo === undefined) throw formatError('TPP-Redirect-URI', 'This bank redirects: it is mandatory.');
  const explicit = booleanHeader(request, 'TPP-Explicit-Authorisation-Preferred') === true;
  const brand = brandOf(request);
  const terms = parseConsentRequest(request.body, bank, sandbox.clock.now());
  const consent = createConsent(sandbox, bank, { ...terms, returnTo, ...(brand !== undefined && { brand }) });
  const self = consentPath(bank, consent.id);
  const next =
    explicit || bank.start === 'explicit'
      ? startLinks(bank, consent.id)
      : authorisationLinks(sandbox, bank, addAuthorisation(sandbox, consent, returnTo));
  reply.code(201).header('location', self).header('aspsp-sca-approach', scaApproaches[bank.sca].header);
  return {
    consentStatus: consent.status,
    consentId: consent.id,
    _links: { ...next, self: { href: self }, status: { href: `${self}/status` } },
  };
}

function read(call: Call) {
  return consentInformation(consentInPath(call), call.bank, call.sandbox.seed);
}

function readStatus(call: Call) {
  return { consentStatus: consentInPath(call).status };
}

/** Ends the consent. What has ended already keeps its status: deleting again is no fault. */
function remove(call: Call) {
  const consent = consentInPath(call);
  const isAlive =
    consent.status === 'received' || consent.status === 'valid' || consent.status === 'partiallyAuthorised';
  if (isAlive) changeStatus(call.sandbox, consent, 'terminatedByTpp');
  call.reply.code(204).send();
  return call.reply;
}

import { consentPath } from '../addresses.ts';
import { redirects, wantsCustomerToken } from '../bank.ts';
import type { Authorisation } from '../consents/authorisation.ts';
import type { Consent } from '../consents/consent.ts';
import { changeStatus, createConsent, type NewConsent } from '../consents/consent-service.ts';
import { pathParameter } from '../request-parts.ts';
import { findSettledConsent } from '../sca/app-approval.ts';
import { startImplicitly } from './authorisation-start.ts';
import { scaMaterial } from './authorisation-wire.ts';
import { checkToken, checkTppToken, customerOfToken } from './bearer-token.ts';
import { parseConsentRequest } from './consent-request.ts';
import { consentInformation } from './consent-wire.ts';
import type { Call, Operation } from './operation.ts';
import { mandatoryPsuOf, psuOf } from './psu-headers.ts';
import { booleanHeader, brandOf, psuIsPresent, returnAddresses } from './request-headers.ts';
import { authorisationLinks, scaApproaches, startLinks } from './sca-approach.ts';
import { formatError, TppError } from './tpp-error.ts';
import { withoutAuthorisation } from './without-authorisation.ts';

export const consentOperations: readonly Operation[] = [
  { name: 'createConsent', method: 'POST', path: '/consents', handle: create },
  { name: 'getConsent', method: 'GET', path: '/consents/:consentId', handle: read },
  { name: 'consentStatus', method: 'GET', path: '/consents/:consentId/status', handle: readStatus },
  { name: 'deleteConsent', method: 'DELETE', path: '/consents/:consentId', handle: remove },
];

/** The consent in the path of a call. CONSENT_UNKNOWN is 403 there. A token that came along must fit. */
export function consentInPath(call: Call): Consent {
  const { sandbox, bank, request } = call;
  const consent = findSettledConsent(sandbox, bank, pathParameter(request, 'consentId'));
  if (consent === undefined) throw new TppError('CONSENT_UNKNOWN', 'This bank knows no such consent.');
  if (wantsCustomerToken(bank) || request.headers.authorization !== undefined) checkToken(call, consent);
  return consent;
}

function create(call: Call) {
  const { sandbox, bank, request, reply } = call;
  const consent = createConsent(sandbox, bank, newConsent(call));
  const prefersExplicit = booleanHeader(request, 'TPP-Explicit-Authorisation-Preferred') === true;
  const isExplicit = !bank.deviations.withoutAuthorisations && (prefersExplicit || bank.start === 'explicit');
  const authorisation = isExplicit ? undefined : startImplicitly(call, consent);
  const self = consentPath(bank, consent.id);
  reply.code(201).header('location', self).header('aspsp-sca-approach', scaApproaches[bank.sca].header);
  const { _links, ...more } = begun(call, consent, authorisation);
  return {
    consentStatus: consent.status,
    consentId: consent.id,
    ...more,
    _links: { ..._links, self: { href: self }, status: { href: `${self}/status` } },
  };
}

/** What the answer to a consent says of the authorisation that began with it, or of how to begin one. */
function begun(call: Call, consent: Consent, authorisation: Authorisation | undefined) {
  const { sandbox, bank } = call;
  if (authorisation === undefined) return { _links: startLinks(bank, consent.id) };
  const _links = authorisationLinks(sandbox, bank, authorisation);
  if (redirects(bank)) return { _links };
  const { scaStatus } = authorisation;
  const answer = { scaStatus, ...scaMaterial(call, authorisation), _links };
  return bank.deviations.withoutAuthorisations ? withoutAuthorisation(bank, consent.id, answer) : answer;
}

/** What a TPP would rather have. These banks have one way each, and only the first of these moves them. */
const preferences = [
  'TPP-Explicit-Authorisation-Preferred',
  'TPP-Redirect-Preferred',
  'TPP-Decoupled-Preferred',
] as const;

/** Everything is checked before anything is kept. */
function newConsent(call: Call): NewConsent {
  const { sandbox, bank, request } = call;
  if (!psuIsPresent(request)) throw formatError('PSU-IP-Address', 'This header is mandatory.');
  if (bank.deviations.tppToken) checkTppToken(call);
  const userName = wantsCustomerToken(bank) ? customerOfToken(call) : undefined;
  const returnTo = returnAddresses(request);
  if (returnTo === undefined && (redirects(bank) || bank.deviations.redirectUriAlways)) {
    throw formatError('TPP-Redirect-URI', 'This header is mandatory.');
  }
  for (const name of preferences) booleanHeader(request, name);
  const psu = psuOf(request, bank);
  if (psu === undefined && bank.deviations.withoutAuthorisations) {
    throw formatError('PSU-ID', 'This header is mandatory.');
  }
  if (bank.deviations.psuIdIsSubject && mandatoryPsuOf(request, bank).userName !== userName) {
    throw new TppError('PSU_CREDENTIALS_INVALID', 'It is not the subject of the token.', { path: 'PSU-ID' });
  }
  const brand = brandOf(request);
  return {
    ...parseConsentRequest(request.body, bank, sandbox.clock.now()),
    ...(returnTo !== undefined && { returnTo }),
    ...(brand !== undefined && { brand }),
    ...(userName !== undefined && { userName }),
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

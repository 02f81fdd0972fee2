import type { Authorisation } from '../consents/authorisation.ts';
import { addAuthorisation } from '../consents/consent-service.ts';
import { limits } from '../limits.ts';
import { pathParameter } from '../request-parts.ts';
import { consentInPath } from './consent-routes.ts';
import type { Call, Operation } from './operation.ts';
import { returnAddresses } from './request-headers.ts';
import { authorisationLinks, scaApproaches } from './sca-approach.ts';
import { TppError } from './tpp-error.ts';

const collection = '/consents/:consentId/authorisations';

export const authorisationOperations: readonly Operation[] = [
  { name: 'startAuthorisation', method: 'POST', path: collection, handle: start },
  { name: 'listAuthorisations', method: 'GET', path: collection, handle: list },
  { name: 'scaStatus', method: 'GET', path: `${collection}/:authorisationId`, handle: readScaStatus },
];

function start(call: Call) {
  const { sandbox, bank, request, reply } = call;
  const consent = consentInPath(call);
  if (consent.status !== 'received') throw new TppError('STATUS_INVALID', 'This consent awaits nobody.');
  if (consent.authorisationIds.length >= limits.maxAuthorisationsPerConsent) {
    throw new TppError('STATUS_INVALID', 'There were too many tries to authorise this consent.');
  }
  const authorisation = addAuthorisation(sandbox, consent, returnAddresses(request) ?? consent.returnTo);
  reply.code(201).header('aspsp-sca-approach', scaApproaches[bank.sca].header);
  return {
    scaStatus: authorisation.scaStatus,
    authorisationId: authorisation.id,
    _links: authorisationLinks(sandbox, bank, authorisation),
  };
}

function list(call: Call) {
  return { authorisationIds: consentInPath(call).authorisationIds };
}

function readScaStatus(call: Call) {
  return { scaStatus: authorisationInPath(call).scaStatus };
}

/** RESOURCE_UNKNOWN is 403 for anything in the path that is no account. */
function authorisationInPath(call: Call): Authorisation {
  const consent = consentInPath(call);
  const authorisation = call.sandbox.store.authorisations.get(pathParameter(call.request, 'authorisationId'));
  if (authorisation?.consentId !== consent.id) {
    throw new TppError('RESOURCE_UNKNOWN', 'This consent has no such authorisation.', { status: 403 });
  }
  return authorisation;
}

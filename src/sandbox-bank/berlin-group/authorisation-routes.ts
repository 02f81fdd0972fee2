import type { Authorisation } from '../consents/authorisation.ts';
import type { Consent } from '../consents/consent.ts';
import { limits } from '../limits.ts';
import { pathParameter } from '../request-parts.ts';
import { startExplicitly } from './authorisation-start.ts';
import { consentInPath } from './consent-routes.ts';
import { updatePsuData } from './embedded-update.ts';
import type { Call, Operation } from './operation.ts';
import { authorisationWire, scaApproaches } from './sca-approach.ts';
import { confirm } from './sca-confirmation.ts';
import { TppError } from './tpp-error.ts';

const collection = '/consents/:consentId/authorisations';

export const authorisationOperations: readonly Operation[] = [
  { name: 'startAuthorisation', method: 'POST', path: collection, handle: atBank(start) },
  { name: 'listAuthorisations', method: 'GET', path: collection, handle: atBank(list) },
  { name: 'scaStatus', method: 'GET', path: `${collection}/:authorisationId`, handle: atBank(readScaStatus) },
  { name: 'updatePsuData', method: 'PUT', path: `${collection}/:authorisationId`, handle: atBank(update) },
];

/** At a bank of version 1.1 there is nothing at these addresses. */
function atBank(handle: Operation['handle']): Operation['handle'] {
  return (call) => {
    if (!call.bank.deviations.withoutAuthorisations) return handle(call);
    throw new TppError('RESOURCE_UNKNOWN', 'There is nothing at this address.');
  };
}

function start(call: Call) {
  const { bank, reply } = call;
  const consent = consentInPath(call);
  if (consent.status !== 'received') throw new TppError('STATUS_INVALID', 'This consent awaits nobody.');
  if (consent.authorisationIds.length >= limits.maxAuthorisationsPerConsent) {
    throw new TppError('STATUS_INVALID', 'There were too many tries to authorise this consent.');
  }
  const authorisation = startExplicitly(call, consent);
  reply.code(201).header('aspsp-sca-approach', scaApproaches[bank.sca].header);
  return authorisationWire(call, authorisation);
}

function list(call: Call) {
  return { authorisationIds: consentInPath(call).authorisationIds };
}

function readScaStatus(call: Call) {
  const { scaStatus } = authorisationInPath(call, consentInPath(call));
  return { scaStatus };
}

function update(call: Call) {
  const { bank, reply } = call;
  const consent = consentInPath(call);
  const authorisation = authorisationInPath(call, consent);
  reply.header('aspsp-sca-approach', scaApproaches[bank.sca].header);
  if (bank.confirmation) return confirm(call, consent, authorisation);
  if (bank.sca === 'embedded') return updatePsuData(call, consent, authorisation);
  throw new TppError('SERVICE_INVALID', 'This bank takes nothing here.');
}

/** RESOURCE_UNKNOWN is 403 for anything in the path that is no account. */
function authorisationInPath(call: Call, consent: Consent): Authorisation {
  const authorisation = call.sandbox.store.authorisations.get(pathParameter(call.request, 'authorisationId'));
  if (authorisation?.consentId !== consent.id) {
    throw new TppError('RESOURCE_UNKNOWN', 'This consent has no such authorisation.', { status: 403 });
  }
  return authorisation;
}

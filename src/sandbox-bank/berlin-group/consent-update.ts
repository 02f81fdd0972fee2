import { consentInPath } from './consent-routes.ts';
import { updatePsuData } from './embedded-update.ts';
import type { Call, Operation } from './operation.ts';
import { TppError } from './tpp-error.ts';
import { withoutAuthorisation } from './without-authorisation.ts';

/** PUT of a consent, as version 1.1 of the standard had it in place of authorisations. */
export const consentUpdateOperations: readonly Operation[] = [
  { name: 'updateConsent', method: 'PUT', path: '/consents/:consentId', handle: update },
];

function update(call: Call) {
  const { sandbox, bank } = call;
  if (!bank.deviations.withoutAuthorisations) {
    throw new TppError('SERVICE_INVALID', 'Only GET and DELETE may be used here.');
  }
  const consent = consentInPath(call);
  const authorisation = sandbox.store.authorisations.get(consent.authorisationIds.at(-1) ?? '');
  if (authorisation === undefined) throw new TppError('STATUS_INVALID', 'This consent awaits nothing.');
  return withoutAuthorisation(bank, consent.id, updatePsuData(call, consent, authorisation));
}

import { authorisationPath } from '../addresses.ts';
import { type Authorisation, isFinal } from '../consents/authorisation.ts';
import type { Consent } from '../consents/consent.ts';
import { confirmConsent, refuseConsent } from '../consents/consent-service.ts';
import { sha256 } from '../ids.ts';
import { objectAt } from './fields.ts';
import type { Call } from './operation.ts';
import { formatError, TppError } from './tpp-error.ts';

/**
 * PUT {confirmationCode}: proves that the browser that was at the bank is the one that came back to the TPP.
 * A wrong code fails the authorisation, since a second guess would defeat the purpose.
 */
export function confirm({ sandbox, bank, request }: Call, consent: Consent, authorisation: Authorisation) {
  const { confirmationCode } = objectAt(request.body, 'body');
  if (typeof confirmationCode !== 'string') throw formatError('confirmationCode', 'A text is expected here.');
  const { unconfirmed } = authorisation;
  if (isFinal(authorisation) || unconfirmed === undefined || consent.status !== 'received') {
    throw new TppError('STATUS_INVALID', `The status of this authorisation is ${authorisation.scaStatus}.`);
  }
  const isRight = sha256(confirmationCode) === unconfirmed.codeHash;
  if (isRight) confirmConsent(sandbox, consent, authorisation, unconfirmed.by);
  else refuseConsent(sandbox, consent, authorisation);
  const href = authorisationPath(bank, consent.id, authorisation.id);
  return { scaStatus: isRight ? 'finalised' : 'failed', _links: { scaStatus: { href } } };
}

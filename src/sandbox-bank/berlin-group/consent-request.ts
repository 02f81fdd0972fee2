import type { Bank } from '../bank.ts';
import { addDays, localDate } from '../clock.ts';
import { type Access, services } from '../consents/access.ts';
import type { ConsentTerms } from '../consents/consent.ts';
import { limits } from '../limits.ts';
import { parseAccess } from './access-request.ts';
import { booleanAt, dateAt, type Fields, integerAt, objectAt } from './fields.ts';
import { formatError, TppError } from './tpp-error.ts';

/**
 * The body of POST /consents (schema consents; all five attributes are mandatory), cut to what the bank
 * grants at most: its longest validity and its number of unattended reads a day.
 */
export function parseConsentRequest(body: unknown, bank: Bank, now: Date): ConsentTerms {
  const fields = objectAt(body, 'body');
  if (booleanAt(fields, 'combinedServiceIndicator')) {
    const path = 'combinedServiceIndicator';
    throw new TppError('SESSIONS_NOT_SUPPORTED', 'This bank does not combine services.', { path });
  }
  const recurring = booleanAt(fields, 'recurringIndicator');
  if (!recurring && bank.deviations.onlyRecurring) {
    throw unsupported('recurringIndicator', 'This bank gives access that lasts, or none.');
  }
  return {
    recurring,
    access: supportedAccess(parseAccess(fields.access), bank),
    validUntil: lastDay(fields, bank, localDate(now, bank.timeZone)),
    frequencyPerDay: frequency(fields, recurring),
  };
}

/** Where the PSU never comes to the bank there is no page on which he could pick accounts. */
function supportedAccess(access: Access, bank: Bank): Access {
  const { sca, deviations } = bank;
  const isTaken = deviations.accessKinds?.includes(access.kind) ?? true;
  if (!isTaken || (access.kind === 'bankOffered' && sca === 'embedded')) {
    throw unsupported('access', 'This bank does not take this kind of consent.');
  }
  if (deviations.refusesOwnerName && access.ownerName !== undefined && access.ownerName !== false) {
    throw unsupported('access', 'This bank does not tell who owns an account.');
  }
  if (deviations.refusesForeignAccounts) checkAreOurs(access, bank);
  return access;
}

/** An IBAN tells its bank: country and bank code. */
function checkAreOurs(access: Access, { country, bankCode }: Bank): void {
  if (access.kind !== 'detailed') return;
  for (const service of services) {
    const place = (access.references[service] ?? []).findIndex(
      ({ iban }) => iban !== undefined && !(iban.startsWith(country) && iban.slice(4).startsWith(bankCode)),
    );
    if (place === -1) continue;
    const path = `access.${service}[${place}].iban`;
    throw new TppError('RESOURCE_UNKNOWN', 'This account is at another bank.', { path, status: 400 });
  }
}

function lastDay(fields: Fields, bank: Bank, today: string): string {
  const asked = dateAt(fields, 'validUntil');
  if (asked < today) {
    throw new TppError('PERIOD_INVALID', 'The consent would have ended before it began.', {
      path: 'validUntil',
    });
  }
  const longest = addDays(today, bank.maxConsentDays);
  return asked < longest ? asked : longest;
}

function frequency(fields: Fields, recurring: boolean): number {
  const asked = integerAt(fields, 'frequencyPerDay');
  if (asked < 1) throw formatError('frequencyPerDay', 'At least 1 is expected here.');
  if (!recurring && asked !== 1) {
    const path = 'frequencyPerDay';
    throw new TppError('PARAMETER_NOT_CONSISTENT', 'Access that happens once has the frequency 1.', { path });
  }
  return Math.min(asked, limits.maxFrequencyPerDay);
}

function unsupported(path: string, text: string): TppError {
  return new TppError('PARAMETER_NOT_SUPPORTED', text, { path });
}

import {
  type Access,
  type AccountReference,
  type GlobalService,
  globalServices,
  type Service,
  services,
} from '../consents/access.ts';
import { limits } from '../limits.ts';
import { isIban } from '../personas/iban.ts';
import { arrayAt, type Fields, objectAt, oneOfAt } from './fields.ts';
import { formatError, TppError } from './tpp-error.ts';

const identifiers = {
  iban: isIban,
  bban: (text: string) => /^[a-zA-Z0-9]{1,30}$/.test(text),
  pan: (text: string) => /^[0-9]{10,35}$/.test(text),
  maskedPan: (text: string) => text.length <= 35,
  msisdn: (text: string) => text.length <= 35,
} as const;

type References = Partial<Record<Service, readonly AccountReference[]>>;

/** The attribute `access` of a consent request (schema accountAccess). */
export function parseAccess(value: unknown): Access {
  const fields = objectAt(value, 'access');
  const global = globalServices.filter((name) => fields[name] !== undefined);
  const asked = services.filter((name) => fields[name] !== undefined);
  const [service] = global;
  if (global.length + Math.min(asked.length, 1) > 1) {
    throw new TppError('PARAMETER_NOT_CONSISTENT', 'Global access stands alone.', { path: 'access' });
  }
  if (service !== undefined) return globalAccess(fields, service);
  if (asked.length === 0) throw formatError('access', 'No access is asked for.');
  return accessByAccount(fields, asked);
}

function globalAccess(fields: Fields, service: GlobalService): Access {
  if (fields.additionalInformation !== undefined) {
    throw inconsistent('access.additionalInformation', 'Ask for allAccountsWithOwnerName instead.');
  }
  const value = oneOfAt(fields[service], `access.${service}`, ['allAccounts', 'allAccountsWithOwnerName']);
  return { kind: 'global', service, ownerName: value === 'allAccountsWithOwnerName', ...restriction(fields) };
}

function accessByAccount(fields: Fields, asked: readonly Service[]): Access {
  const references: References = Object.fromEntries(
    asked.map((name) => [name, referencesAt(fields[name], `access.${name}`)]),
  );
  const ownerName = ownerNameReferences(fields.additionalInformation);
  const lists = [...Object.values(references), ...(ownerName === undefined ? [] : [ownerName])];
  const empty = lists.filter((list) => list.length === 0).length;
  if (empty === lists.length) {
    return {
      kind: 'bankOffered',
      services: asked,
      ownerName: ownerName !== undefined,
      ...restriction(fields),
    };
  }
  if (empty > 0) throw inconsistent('access', 'Either all of the lists are empty or none.');
  if (fields.restrictedTo !== undefined) {
    throw inconsistent('access.restrictedTo', 'A restriction does not go with named accounts.');
  }
  if (ownerName !== undefined) checkAreNamed(ownerName, Object.values(references).flat());
  return { kind: 'detailed', references, ...(ownerName !== undefined && { ownerName }) };
}

function ownerNameReferences(value: unknown): readonly AccountReference[] | undefined {
  if (value === undefined) return undefined;
  const fields = objectAt(value, 'access.additionalInformation');
  if (fields.trustedBeneficiaries !== undefined) {
    const path = 'access.additionalInformation.trustedBeneficiaries';
    throw new TppError('PARAMETER_NOT_SUPPORTED', 'This bank gives no trusted beneficiaries.', { path });
  }
  if (fields.ownerName === undefined) return undefined;
  return referencesAt(fields.ownerName, 'access.additionalInformation.ownerName');
}

/** The owner's name is given only of accounts that the consent names elsewhere too. */
function checkAreNamed(ownerName: readonly AccountReference[], named: readonly AccountReference[]): void {
  const known = new Set(named.map(identifierOf));
  if (ownerName.some((reference) => !known.has(identifierOf(reference)))) {
    throw inconsistent(
      'access.additionalInformation.ownerName',
      'Each account must be named in another list too.',
    );
  }
}

function identifierOf({ currency: _, ...identifier }: AccountReference): string {
  return JSON.stringify(identifier);
}

function referencesAt(value: unknown, path: string): readonly AccountReference[] {
  return arrayAt(value, path, limits.maxAccountReferences).map((entry, index) => {
    return referenceAt(objectAt(entry, `${path}[${index}]`), `${path}[${index}]`);
  });
}

function referenceAt(fields: Fields, path: string): AccountReference {
  const given = [...Object.keys(identifiers), 'other'].filter((name) => fields[name] !== undefined);
  if (given.length !== 1) throw formatError(path, 'Exactly one account identifier is expected here.');
  return { ...identifierAt(fields, path), ...currencyAt(fields, path) };
}

function identifierAt(fields: Fields, path: string): AccountReference {
  if (fields.other !== undefined) {
    const { identification } = objectAt(fields.other, `${path}.other`);
    if (!isText(identification, 35))
      throw formatError(`${path}.other`, 'An identification is expected here.');
    return { other: { identification } };
  }
  for (const [name, isValid] of Object.entries(identifiers)) {
    const value = fields[name];
    if (value === undefined) continue;
    if (!isText(value, 35) || !isValid(value))
      throw formatError(`${path}.${name}`, 'This is no such number.');
    return { [name]: value };
  }
  throw formatError(path, 'An account identifier is expected here.');
}

function currencyAt(fields: Fields, path: string): Pick<AccountReference, 'currency'> {
  const { currency } = fields;
  if (currency === undefined) return {};
  if (!isText(currency, 3) || !/^[A-Z]{3}$/.test(currency)) {
    throw formatError(`${path}.currency`, 'An ISO 4217 code is expected here.');
  }
  return { currency };
}

function restriction(fields: Fields): { readonly types?: readonly string[] } {
  if (fields.restrictedTo === undefined) return {};
  const types = arrayAt(fields.restrictedTo, 'access.restrictedTo', limits.maxAccountReferences);
  if (types.length === 0 || !types.every((type) => isText(type, 4))) {
    throw formatError('access.restrictedTo', 'Codes of account types are expected here.');
  }
  return { types };
}

function isText(value: unknown, maxLength: number): value is string {
  return typeof value === 'string' && value !== '' && value.length <= maxLength;
}

function inconsistent(path: string, text: string): TppError {
  return new TppError('PARAMETER_NOT_CONSISTENT', text, { path });
}

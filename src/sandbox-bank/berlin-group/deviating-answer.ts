import { bankPath } from '../addresses.ts';
import type { Bank } from '../bank.ts';
import type { Deviations } from '../deviations.ts';
import type { Call } from './operation.ts';

type Property = readonly [name: string, value: unknown];
type Change = (property: Property) => Property;

/** A host that only the bank's own network knows. */
const internalOrigin = 'http://xs2a-gateway.internal:8080';
/** What the bank calls its interface where it is not called so. */
const otherPrefix = '/xs2a';

/** A standard answer as this bank writes it. */
export function deviatingAnswer({ sandbox, bank }: Call, answer: unknown): unknown {
  const changes = changesOf(bank, new URL(sandbox.addresses.issuer(bank)).origin);
  return changes.reduce((changed, change) => withChange(changed, change), answer);
}

/** Every property at any depth, changed. */
function withChange(value: unknown, change: Change): unknown {
  if (Array.isArray(value)) return value.map((each) => withChange(each, change));
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).map((property) => {
      const [name, changed] = change(property);
      return [name, withChange(changed, change)];
    }),
  );
}

function changesOf(bank: Bank, origin: string): readonly Change[] {
  const { deviations } = bank;
  const { links } = deviations;
  return [
    ...(links === undefined ? [] : [(property: Property) => withLink(property, bank, origin, links)]),
    ...(deviations.enumDrift ? [withDrift] : []),
    ...(deviations.booleansAsText ? [withTextForBoolean] : []),
    ...(deviations.challengeDataAsText ? [withTextForChallenge] : []),
    ...(deviations.misspeltOtpFields ? [withMisspelling] : []),
    ...(deviations.linksAsList ? [withListForLinks] : []),
    ...(deviations.structuredRemittanceAsText ? [withTextForReference] : []),
  ];
}

/** Links of the interface only: a browser's way to the bank's pages stays as it is. */
function withLink(
  [name, value]: Property,
  bank: Bank,
  origin: string,
  links: NonNullable<Deviations['links']>,
): Property {
  const own = bankPath(bank);
  if (name !== 'href' || typeof value !== 'string' || !value.startsWith(`${own}/v1`)) return [name, value];
  switch (links) {
    case 'full':
      return [name, `${origin}${value}`];
    case 'otherPrefix':
      return [name, `${otherPrefix}${value.slice(own.length)}`];
    case 'internalHost':
      return [name, `${internalOrigin}${value}`];
  }
}

const drifted: Readonly<Record<string, readonly [standard: string, other: string]>> = {
  balanceType: ['interimAvailable', 'authorised'],
  cashAccountType: ['CACC', 'CASH'],
  authenticationType: ['SMS_OTP', 'EMAIL'],
};

function withDrift([name, value]: Property): Property {
  const [standard, other] = drifted[name] ?? [];
  return [name, other !== undefined && value === standard ? other : value];
}

function withTextForBoolean([name, value]: Property): Property {
  return [name, typeof value === 'boolean' ? `${value}` : value];
}

/** Only in challengeData is there a `data`. */
function withTextForChallenge([name, value]: Property): Property {
  return [name, name === 'data' && Array.isArray(value) ? value.join(' ') : value];
}

function withMisspelling([name, value]: Property): Property {
  return [name.replace(/^otp(MaxLength|Format)$/, 'opt$1'), value];
}

function withListForLinks([name, value]: Property): Property {
  const isLinks = name === '_links' && typeof value === 'object' && value !== null;
  return [name, isLinks ? Object.entries(value).map(([relation, link]) => ({ [relation]: link })) : value];
}

function withTextForReference([name, value]: Property): Property {
  if (name !== 'remittanceInformationStructured' || typeof value !== 'object' || value === null) {
    return [name, value];
  }
  return [name, 'reference' in value ? value.reference : value];
}

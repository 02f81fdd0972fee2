import { isDeepStrictEqual } from 'node:util';
import { SealBroken, type SealedPlace } from '../platform/crypto/cipher.ts';
import { keyIdOf, type Vault } from '../platform/crypto/vault.ts';

/**
 * The field of a profile that may hold what a bank gave to us alone, such as an API key, whatever its protocol. It is
 * kept sealed, and put back where a bank is about to be called.
 */
const field = 'headers';

type Profile = Readonly<Record<string, unknown>>;

/** A bank as it is kept: what is secret of its profile stands beside it. */
export interface ProfiledBank {
  readonly id: string;
  readonly profile: unknown;
}

export function hasSecrets({ profile }: Pick<ProfiledBank, 'profile'>): boolean {
  const secrets = isProfile(profile) ? profile[field] : undefined;
  return isProfile(secrets) && Object.keys(secrets).length > 0;
}

export function withoutSecrets<Row extends ProfiledBank>(bank: Row): Row {
  if (!isProfile(bank.profile)) return bank;
  const { [field]: _secrets, ...profile } = bank.profile;
  return { ...bank, profile };
}

/** What is secret of the profile; `known` once more where it holds just that, under the key that seals now. */
export function sealSecrets(vault: Vault, bank: ProfiledBank, known?: Buffer): Buffer | undefined {
  if (!hasSecrets(bank)) return undefined;
  const secrets = (bank.profile as Profile)[field];
  const place = placeOf(bank.id);
  const isKnown = known && keyIdOf(known) === vault.keyId && opensTo(vault, place, known, secrets);
  return isKnown ? known : vault.sealJson(place, secrets);
}

/** The bank with its whole profile. A profile of before there was a seal is whole. @throws SealBroken */
export function withSecrets<Row extends ProfiledBank>(vault: Vault, bank: Row, sealed: Buffer | null): Row {
  if (sealed === null) return bank;
  const secrets = vault.openJson(placeOf(bank.id), sealed);
  return { ...bank, profile: { ...(isProfile(bank.profile) && bank.profile), [field]: secrets } };
}

function opensTo(vault: Vault, place: SealedPlace, sealed: Buffer, expected: unknown): boolean {
  try {
    return isDeepStrictEqual(vault.openJson(place, sealed), expected);
  } catch (error) {
    // What nobody can open any more is simply written anew.
    if (error instanceof SealBroken) return false;
    throw error;
  }
}

/** Banks belong to the installation and not to a merchant. */
function placeOf(bankId: string): SealedPlace {
  return { table: 'institution', merchantId: '', rowId: bankId, column: 'sealed_headers' };
}

function isProfile(value: unknown): value is Profile {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

import { BankFailure } from '../../banking/failure.ts';
import type { FormField } from '../../banking/step.ts';
import type { PsuIdentity } from './attempt.ts';
import { isObject, parseJson, textOf } from './json.ts';
import type { Profile } from './profiles.ts';

const maxIdLength = 100;

/** The fields of a form that name the user, with what he typed into them before. */
export function identityFields(profile: Profile, known: PsuIdentity = {}): readonly FormField[] {
  const { psuIdLabel, psuIdTypes, corporateId } = profile;
  const text = { type: 'text', characters: 'any', maxLength: maxIdLength, secret: false } as const;
  const kinds = psuIdTypes.map(({ value, text: name = value }) => ({ value, text: name }));
  return [
    { name: 'psuId', label: psuIdLabel, ...text, ...(known.id !== undefined && { value: known.id }) },
    ...(kinds.length < 2
      ? []
      : [
          {
            ...text,
            name: 'psuIdType',
            label: 'login-kind' as const,
            type: 'choice' as const,
            options: kinds,
            ...(known.type !== undefined && { value: known.type }),
          },
        ]),
    ...(corporateId
      ? [
          {
            ...text,
            name: 'corporateId',
            label: 'corporate-id' as const,
            ...(known.corporateId !== undefined && { value: known.corporateId }),
          },
        ]
      : []),
  ];
}

/** What he typed, or the field that cannot be so: all of it travels in headers. */
export function identityFrom(
  profile: Profile,
  values: Readonly<Record<string, string>>,
): PsuIdentity | { readonly wrong: string } {
  const { psuIdTypes, psuIdCutTo } = profile;
  const id = values.psuId?.trim().slice(0, psuIdCutTo ?? maxIdLength + 1);
  if (!isSendable(id)) return { wrong: 'psuId' };
  const chosen = psuIdTypes.length === 1 ? psuIdTypes[0]?.value : values.psuIdType;
  const type = psuIdTypes.find(({ value }) => value === chosen)?.value;
  if (psuIdTypes.length > 0 && type === undefined) return { wrong: 'psuIdType' };
  const corporateId = values.corporateId?.trim();
  if (profile.corporateId && !isSendable(corporateId)) return { wrong: 'corporateId' };
  return {
    id,
    ...(type !== undefined && { type }),
    ...(profile.corporateId && corporateId !== undefined && { corporateId }),
  };
}

function isSendable(text: string | undefined): text is string {
  return text !== undefined && text.length <= maxIdLength && /^[\x20-\x7e]+$/.test(text);
}

/** What is not known is not sent: banks refuse headers that are there and empty. */
export function psuIdentityHeaders({ id, type, corporateId }: PsuIdentity = {}): Record<string, string> {
  return {
    ...(id !== undefined && { 'psu-id': id }),
    ...(id !== undefined && type !== undefined && { 'psu-id-type': type }),
    ...(corporateId !== undefined && { 'psu-corporate-id': corporateId }),
  };
}

/**
 * The subject of an access token that is a JWT. Nothing is proved by it: it goes back to the bank that wrote it.
 * @throws BankFailure operator-fault where the token is none, against the bank's profile
 */
export function subjectOf(accessToken: string, { psuIdTypes }: Profile): PsuIdentity {
  const subject = subjectIn(Buffer.from(accessToken.split('.')[1] ?? '', 'base64url'));
  const [type] = psuIdTypes;
  if (isSendable(subject)) return { id: subject, ...(type !== undefined && { type: type.value }) };
  throw new BankFailure('operator-fault', 'read access token: it names no subject');
}

function subjectIn(payload: Buffer): string | undefined {
  try {
    const claims = parseJson(payload);
    return isObject(claims) ? textOf(claims, 'sub') : undefined;
  } catch {
    // The parser quotes the token: nothing of it goes on.
    return undefined;
  }
}

import type { Challenge, FormField } from '../../banking/step.ts';
import { cleanText, isObject, type JsonObject, objectsOf, textOf } from './json.ts';

type Method = NonNullable<FormField['options']>[number];

const maxMethods = 50;
const maxDataLines = 20;
const maxCodeLength = 64;

/** Schema `scaMethods`: what the user may choose from, by the names that the bank has for them. */
export function methodsIn(json: JsonObject): readonly Method[] {
  return objectsOf(json.scaMethods)
    .slice(0, maxMethods)
    .flatMap((method) => {
      const value = textOf(method, 'authenticationMethodId');
      const name = textOf(method, 'name') ?? textOf(method, 'authenticationType') ?? value;
      const explanation = textOf(method, 'explanation');
      if (value === undefined || name === undefined) return [];
      return [{ value, text: explanation === undefined ? name : `${name}: ${explanation}` }];
    });
}

/** Schema `challengeData`, with what else the bank says about it. Undefined where it says nothing. */
export function challengeIn(json: JsonObject, image: Challenge['image']): Challenge | undefined {
  const sent = isObject(json.challengeData) ? json.challengeData : {};
  const text = textOf(sent, 'additionalInformation') ?? messageIn(json);
  const data = linesOf(sent.data);
  if (text === undefined && image === undefined && data.length === 0) return undefined;
  return {
    ...(text !== undefined && { text }),
    ...(image !== undefined && { image }),
    ...(data.length > 0 && { data }),
  };
}

/** What the bank says to the user, `psuMessage`; else what it says of the method that he chose. */
export function messageIn(json: JsonObject): string | undefined {
  const { chosenScaMethod } = json;
  return (
    textOf(json, 'psuMessage') ??
    (isObject(chosenScaMethod) ? textOf(chosenScaMethod, 'explanation') : undefined)
  );
}

/** What the app shows too, where a bank sends a challenge along with a request in the app. */
export function appCodeIn(json: JsonObject): string | undefined {
  const [line] = isObject(json.challengeData) ? linesOf(json.challengeData.data) : [];
  return line !== undefined && line.length <= maxCodeLength ? line : undefined;
}

/** The field for the code: how long it may be, and whether it is a number. Some banks write `opt` for `otp`. */
export function codeField(json: JsonObject): FormField {
  const sent = isObject(json.challengeData) ? json.challengeData : {};
  const told = Number(sent.otpMaxLength ?? sent.optMaxLength);
  const format = textOf(sent, 'otpFormat') ?? textOf(sent, 'optFormat');
  return {
    name: 'code',
    label: 'code',
    type: 'text',
    characters: format === 'integer' ? 'digits' : 'any',
    maxLength: Number.isInteger(told) && told > 0 && told < maxCodeLength ? told : maxCodeLength,
    secret: true,
  };
}

/** A list as the standard says, or one text as some banks send. */
function linesOf(data: unknown): readonly string[] {
  const lines = (Array.isArray(data) ? data.slice(0, maxDataLines) : [data]).map((line) => cleanText(line));
  return lines.filter((line) => line !== undefined);
}

/** `image` of the challenge. */
export function imageIn(json: JsonObject, maxBytes: number): Challenge['image'] {
  const sent = isObject(json.challengeData) ? json.challengeData.image : undefined;
  if (typeof sent !== 'string' || sent.length > maxBytes * 1.5) return undefined;
  return imageOf(Buffer.from(sent.replace(/^data:image\/[a-z+]+;base64,/, ''), 'base64'), maxBytes);
}

/** `imageLink`: where the picture is instead. */
export function imageLinkIn(json: JsonObject): string | undefined {
  return isObject(json.challengeData) ? textOf(json.challengeData, 'imageLink', 4_000) : undefined;
}

/** By its first bytes, whatever the bank calls it; undefined for anything that is no image. */
export function imageOf(bytes: Buffer, maxBytes: number): Challenge['image'] {
  const begins = (hex: string) => bytes.toString('hex', 0, hex.length / 2) === hex;
  const kind = imageKinds.find(([, magic]) => begins(magic));
  if (kind === undefined || bytes.length > maxBytes) return undefined;
  return { mediaType: kind[0], base64: bytes.toString('base64') };
}

const imageKinds = [
  ['image/png', '89504e470d0a1a0a'],
  ['image/jpeg', 'ffd8ff'],
  ['image/gif', '47494638'],
] as const;

import type { PsuContext } from '../banking/consent.ts';
import { withoutMapping } from '../platform/outbound/address.ts';

const maxUserAgentChars = 512;
const maxAcceptLanguageChars = 256;

/** The user as the bank wants to know him: what his browser says of itself, bounded and fit for a header. */
export function psuContextOf(request: {
  readonly ip: string;
  readonly userAgent?: string | undefined;
  readonly acceptLanguage?: string | undefined;
  /** In which he reads our pages, if not in the one that his browser asks for: what the bank says stands there too. */
  readonly language?: string | undefined;
}): PsuContext {
  const userAgent = headerText(request.userAgent, maxUserAgentChars);
  const languages = [request.language, request.acceptLanguage].filter(Boolean).join(', ');
  const acceptLanguage = headerText(languages, maxAcceptLanguageChars);
  return {
    ipAddress: withoutMapping(request.ip),
    ...(userAgent !== '' && { userAgent }),
    ...(acceptLanguage !== '' && { acceptLanguage }),
  };
}

/** Visible ASCII and spaces only: it goes into a header of a call to the bank. */
function headerText(text: string | undefined, maxChars: number): string {
  return (text ?? '')
    .replace(/[^\x20-\x7e]/g, '')
    .slice(0, maxChars)
    .trim();
}

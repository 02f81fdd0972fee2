import { headerText, queryOf } from '../request-parts.ts';
import type { Call } from './operation.ts';
import { psuIsPresent } from './request-headers.ts';
import { formatError, TppError } from './tpp-error.ts';

/** RFC 9110 section 5.6.7, as `Fri, 12 Mar 2027 12:00:00 GMT`. */
const httpDate = /^(Mon|Tue|Wed|Thu|Fri|Sat|Sun), \d{2} [A-Z][a-z]{2} \d{4} \d{2}:\d{2}:\d{2} GMT$/;

/** What a bank demands of a call beyond the standard. */
export function checkOwnRules(call: Call): void {
  const { name, bank, request } = call;
  const { deviations } = bank;
  checkApiKey(call);
  if (deviations.dateHeaderRequired && !isHttpDate(headerText(request, 'date'))) {
    throw formatError('Date', 'A date of HTTP is expected in this header.');
  }
  if (deviations.psuAddressAlways && !psuIsPresent(request)) {
    throw formatError('PSU-IP-Address', 'This header is mandatory.');
  }
  if (deviations.refusesBlankPsuIdType && request.headers['psu-id-type'] === '') {
    throw formatError('PSU-ID-Type', 'This header is there and empty.');
  }
  if (deviations.noQueryOnAccounts && name === 'accounts') refuseQuery(call);
  if (deviations.refusesPsuIdOnConsent && name === 'createConsent' && 'psu-id' in request.headers) {
    throw new TppError('PARAMETER_NOT_SUPPORTED', 'A consent is created without it.', { path: 'PSU-ID' });
  }
}

/** The standard has no word for this: the TPP's operator has to act, as with a role that is missing. */
function checkApiKey({ bank, request }: Call): void {
  const { apiKey } = bank.deviations;
  if (apiKey === undefined || headerText(request, apiKey.header.toLowerCase()) === apiKey.value) return;
  throw new TppError('ROLE_INVALID', 'The key of this TPP is expected here.', { path: apiKey.header });
}

function refuseQuery({ request }: Call): void {
  const [path] = Object.keys(queryOf(request));
  if (path === undefined) return;
  throw new TppError('PARAMETER_NOT_SUPPORTED', 'This bank takes no query here.', {
    path: path.slice(0, 40),
  });
}

/** A date as RFC 9110 section 5.6.7 writes it: its day has two digits. */
export function isHttpDate(text: string | undefined): boolean {
  return text !== undefined && httpDate.test(text) && !Number.isNaN(Date.parse(text));
}

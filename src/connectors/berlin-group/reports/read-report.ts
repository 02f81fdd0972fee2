import type { AccountHandle } from '../account-handle.ts';
import { type BankAnswer, unreadable } from '../errors.ts';
import type { Profile } from '../profiles.ts';
import { readTransactionsOperation as operation } from '../transaction-mapping.ts';
import { camtPages } from './camt.ts';
import { jsonReport } from './json-report.ts';
import { mtPages } from './mt940.ts';
import type { Report } from './report.ts';

/**
 * A good answer, read by what it says it is, whatever was asked for.
 * @throws BankFailure for what is no report
 */
export function reportIn(profile: Profile, answer: BankAnswer, handle: AccountHandle): Report {
  if (answer.status === 204) return { pages: [[]] };
  const type = (answer.headers['content-type'] ?? '').split(';', 1)[0]?.trim().toLowerCase() ?? '';
  if (/^application\/([\w.+-]+\+)?json$/.test(type)) return jsonReport(profile, answer, handle);
  if (/^(application|text)\/((?!xhtml)[\w.+-]+\+)?xml$/.test(type))
    return { pages: camtPages(profile, answer) };
  if (vague.has(type)) return vagueReport(profile, answer, handle);
  throw unreadable(operation, 'the answer is neither JSON nor XML nor plain text', answer.status);
}

/** Types that say little: MT94x has none of its own, and some banks label everything so. */
const vague: ReadonlySet<string> = new Set(['', 'text/plain', 'application/octet-stream']);

function vagueReport(profile: Profile, answer: BankAnswer, handle: AccountHandle): Report {
  const start = answer.body
    .subarray(0, 64)
    .toString('latin1')
    .replace(/^(ï»¿)?\s*/, '');
  if (start.startsWith('<')) return { pages: camtPages(profile, answer) };
  // A brace alone may open a block of SWIFT's envelope: {1:F01...
  if (/^\{\s*["}]/.test(start)) return jsonReport(profile, { ...answer, headers: {} }, handle);
  return { pages: mtPages(profile, answer) };
}

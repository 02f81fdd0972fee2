import { BankFailure } from '../../../banking/failure.ts';
import type { AccountHandle } from '../account-handle.ts';
import type { BankStream } from '../bank-stream.ts';
import { type BankAnswer, unreadable } from '../errors.ts';
import type { Profile } from '../profiles.ts';
import { readTransactionsOperation as operation } from '../transaction-mapping.ts';
import { camtPages } from './camt.ts';
import { jsonReport } from './json-report.ts';
import { mtPages } from './mt940.ts';
import { type Begun, begun, type Report } from './report.ts';

/** Types that say little: MT94x has none of its own, and some banks label everything so. */
const vague: ReadonlySet<string> = new Set(['', 'text/plain', 'application/octet-stream']);

/** Whether a good answer with these headers can be read while it comes. Nothing reads JSON faster than the whole of it. */
export function isStreamed(headers: BankAnswer['headers']): boolean {
  const type = mediaTypeOf(headers);
  return isXml(type) || vague.has(type);
}

/**
 * A good answer that has come as a whole.
 * @throws BankFailure for what is no report
 */
export function reportIn(profile: Profile, answer: BankAnswer, handle: AccountHandle): Report {
  if (answer.status === 204) return { pages: [[]] };
  if (/^application\/([\w.+-]+\+)?json$/.test(mediaTypeOf(answer.headers)))
    return jsonReport(profile, answer, handle);
  throw unreadable(operation, 'the answer is neither JSON nor XML nor plain text', answer.status);
}

/**
 * A good answer that is still coming, read by what it says it is, whatever was asked for.
 * @throws BankFailure for what is no report, and of JSON for more than `maxJsonBytes`
 */
export async function streamedReport(
  profile: Profile,
  stream: BankStream,
  handle: AccountHandle,
  maxJsonBytes: number,
): Promise<Report> {
  const report = await begun(stream);
  if (isXml(mediaTypeOf(stream.headers))) return { pages: camtPages(profile, report) };
  const start = report.start
    .subarray(0, 64)
    .toString('latin1')
    .replace(/^(ï»¿)?\s*/, '');
  if (start.startsWith('<')) return { pages: camtPages(profile, report) };
  // A brace alone may open a block of SWIFT's envelope: {1:F01...
  if (!/^\{\s*["}]/.test(start)) return { pages: mtPages(profile, report) };
  const { status, url } = stream;
  return jsonReport(profile, { status, url, headers: {}, body: await whole(report, maxJsonBytes) }, handle);
}

async function whole({ start, rest }: Begun, maxBytes: number): Promise<Buffer> {
  const taken = [start];
  let count = start.length;
  for (let next = await rest.next(); !next.done; next = await rest.next()) {
    taken.push(next.value);
    count += next.value.length;
    if (count <= maxBytes) continue;
    await rest.return?.();
    throw new BankFailure('bank-refused', `${operation}: too-large`);
  }
  return Buffer.concat(taken);
}

function mediaTypeOf(headers: BankAnswer['headers']): string {
  return (headers['content-type'] ?? '').split(';', 1)[0]?.trim().toLowerCase() ?? '';
}

function isXml(type: string): boolean {
  return /^(application|text)\/((?!xhtml)[\w.+-]+\+)?xml$/.test(type);
}

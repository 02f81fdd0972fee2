import type { Bank } from '../../banking/bank.ts';
import { isLiving } from '../attempt.ts';
import { mayChoose } from '../facts.ts';
import { actionOf, hrefOf } from '../flow-entry.ts';
import { type Answer, here, type Next, type Show, type Step } from '../step.ts';
import type { BankRow } from '../views/bank-list.tsx';
import { maxTermChars } from '../views/bank-search.tsx';
import { type BankChoice, ChooseBank } from '../views/choose-bank.tsx';
import { renderPage } from '../views/render-page.ts';
import { chooseBank as noteChoice } from '../visit-store.ts';

const maxRows = 50;

/** Which bank? The list is a search by GET, the choice a POST. */
export const chooseBankPage: Step['page'] = ({ session }, show) => {
  const { frame, csrf, place, query, institutions } = show;
  const markets = institutions.markets(session.environment);
  const wanted = query.market ?? session.market;
  const market = wanted !== undefined && markets.includes(wanted) ? wanted : null;
  const term = searchTerm(query.q ?? '');
  const found = institutions.search({
    environment: session.environment,
    ...(market !== null && { market }),
    text: term,
    limit: maxRows + 1,
  });
  return renderPage(ChooseBank, {
    frame,
    csrf,
    search: { action: place.path, keep: place.keep, term, market, markets },
    chooseAction: actionOf(place, 'choose'),
    cancelAction: actionOf(place, 'cancel'),
    remembered: [],
    list: listOf(found, term, show),
  });
};

/** What a person could have typed: no control or invisible characters, and not more than the field takes. */
function searchTerm(text: string): string {
  return text
    .slice(0, maxTermChars)
    .toWellFormed()
    .replace(/[\p{Cc}\p{Cf}]/gu, ' ')
    .trim();
}

function listOf(found: readonly Bank[], term: string, { place }: Show): BankChoice {
  const banks = found.slice(0, maxRows).map(toRow);
  if (term === '') return { kind: 'popular', banks };
  return { kind: 'results', banks, more: found.length > maxRows, showAllHref: hrefOf(place) };
}

function toRow(bank: Bank): BankRow {
  const { id, name, bic, test } = bank;
  return { id, name, detail: bic, health: 'good', test, group: false };
}

/** The bank that he is being connected with already stays as it is; any other choice ends that try. */
export const chooseBank: Answer = async ({ facts, input, institutions, ...given }) => {
  const bank = institutions.find(input.bank ?? '', facts.session.environment);
  if (!bank || !mayChoose(facts)) return here;
  const { attempt } = facts;
  if (attempt && isLiving(attempt) && attempt.bankId === bank.id) return here;
  return startOver({ facts, ...given }, bank.id);
};

export const chooseAnother: Answer = async (given) =>
  mayChoose(given.facts) ? startOver(given, undefined) : here;

async function startOver(
  { tx, facts, attempts }: Pick<Parameters<Answer>[0], 'tx' | 'facts' | 'attempts'>,
  bankId: string | undefined,
): Promise<Next> {
  if (facts.attempt) await attempts.supersede(tx, facts.attempt);
  await noteChoice(tx, facts.session, bankId, facts.now);
  return here;
}

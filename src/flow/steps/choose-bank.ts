import type { ListedBank } from '../../institutions/institution.ts';
import type { Choice, InstitutionService } from '../../institutions/institution-service.ts';
import { logoPath } from '../../institutions/logo.ts';
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
/** Of one group: who came here wants to see them all. */
const maxMembers = 200;

type Environment = Parameters<InstitutionService['markets']>[0];

/** What the page's address asks for. */
interface Wish {
  readonly environment: Environment;
  readonly market: string | undefined;
  readonly term: string;
  /** In whose members the person looks; only while nothing is searched for. */
  readonly group: string | undefined;
}

/** Which bank? The list is a search by GET, the choice a POST. */
export const chooseBankPage: Step['page'] = async ({ session }, show) => {
  const { frame, csrf, place, query, institutions } = show;
  const { environment } = session;
  const markets = await institutions.markets(environment);
  const wanted = query.market ?? session.market;
  const market = wanted !== undefined && markets.includes(wanted) ? wanted : undefined;
  const term = searchTerm(query.q ?? '');
  const group = term === '' && query.group ? searchTerm(query.group) : undefined;
  return renderPage(ChooseBank, {
    frame,
    csrf,
    search: { action: place.path, keep: place.keep, term, market: market ?? null, markets },
    chooseAction: actionOf(place, 'choose'),
    cancelAction: actionOf(place, 'cancel'),
    remembered: [],
    list: await listOf({ environment, market, term, group }, show),
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

async function listOf(wish: Wish, show: Show): Promise<BankChoice> {
  const { institutions, place } = show;
  const { environment, market, term, group } = wish;
  if (group !== undefined) {
    const members = await institutions.choices({ environment, market, group }, '', maxMembers);
    if (members.length > 0)
      return {
        kind: 'members',
        group,
        banks: await rowsOf(members, wish, show),
        allHref: allHref(wish, show),
      };
  }
  const found = await institutions.choices({ environment, market }, term, maxRows + 1);
  const banks = await rowsOf(found.slice(0, maxRows), wish, show);
  if (term === '') return { kind: 'popular', banks };
  const more = found.length > maxRows;
  const showAllHref = hrefOf(place);
  if (found.length > 0) return { kind: 'results', banks, more, showAllHref };
  return { kind: 'results', ...(await elsewhere(wish, show)), more, showAllHref };
}

/** Nothing in this market: a bank of another one, or one that is known and cannot be reached. */
async function elsewhere(
  wish: Wish,
  show: Show,
): Promise<{ banks: readonly BankRow[]; notConnected?: string | undefined }> {
  const { institutions } = show;
  const { environment, market, term } = wish;
  const found = market === undefined ? [] : await institutions.choices({ environment }, term, maxRows);
  if (found.length > 0) return { banks: await rowsOf(found, wish, show) };
  return { banks: [], notConnected: await institutions.nameOfUnreached(term) };
}

async function rowsOf(
  choices: readonly Choice[],
  { environment, market }: Wish,
  { institutions, place }: Show,
): Promise<BankRow[]> {
  const health = await institutions.health();
  return choices.map((choice) => {
    if ('bank' in choice) return toRow(choice.bank, health(choice.bank.id));
    const { group } = choice;
    const membersHref = hrefOf(place, { group, ...(market !== undefined && { market }) });
    return { id: group, name: group, health: 'good', test: environment === 'sandbox', membersHref };
  });
}

function allHref({ market }: Wish, { place }: Show): string {
  return hrefOf(place, market === undefined ? {} : { market });
}

function toRow(bank: ListedBank, health: BankRow['health']): BankRow {
  const { id, name, bic, test, logo } = bank;
  return { id, name, detail: bic, health, test, logoUrl: logo && logoPath(logo) };
}

/** The bank that he is being connected with already stays as it is; any other choice ends that try. */
export const chooseBank: Answer = async ({ tx, facts, input, institutions, ...given }) => {
  const bank = await institutions.offered(input.bank ?? '', facts.session.environment, tx);
  if (!bank || !mayChoose(facts)) return here;
  const { attempt } = facts;
  if (attempt && isLiving(attempt) && attempt.bankId === bank.id) return here;
  return startOver({ tx, facts, ...given }, bank.id);
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

import { derivedUuid } from '../ids.ts';
import { type Account, numberText } from '../personas/account.ts';
import type { Entry } from '../personas/entry.ts';
import { type Balance, balancesOf, decimal } from './balance-wire.ts';
import type { Call } from './operation.ts';
import type { ReadAccount } from './reading.ts';
import { booksOf, rowsOn } from './report.ts';
import type { ReportRequest } from './report-request.ts';
import { entryReference } from './transaction-wire.ts';
import { type LongXml, type Xml, xmlDocument } from './xml.ts';

const namespace = 'urn:iso:std:iso:20022:tech:xsd:camt.052.001';

/** Version 2 is older, and plainer in three places: a status, a party and a BIC. */
type Version = '02' | '08';

/** ISO 20022 ExternalBalanceType1Code. */
const balanceCodes: Readonly<Record<Balance['type'], string>> = {
  closingBooked: 'CLBD',
  interimBooked: 'ITBD',
  interimAvailable: 'ITAV',
  nonInvoiced: 'INFO',
};

/** Max140Text, as often as needed. */
const maxTextLength = 140;
const textPieces = new RegExp(`[^]{1,${maxTextLength}}`, 'gu');

/** The whole report as camt.052, BankToCustomerAccountReport, piece by piece; a report for each currency. */
export function camtReport(call: Call, reading: ReadAccount, asked: ReportRequest): Generator<string> {
  const version = call.bank.deviations.camtVersion2 ? '02' : '08';
  const createdAt = call.sandbox.clock.now().toISOString();
  const id = derivedUuid(reading.readable.resourceId, createdAt).slice(0, 35);
  const header: Xml = [
    'GrpHdr',
    [
      ['MsgId', id],
      ['CreDtTm', createdAt],
    ],
  ];
  const reports = reading.ledgers.map((account) => accountReport(call, reading, asked, account, version));
  const message: LongXml = { name: 'BkToCstmrAcctRpt', content: [header, ...reports] };
  return xmlDocument(`${namespace}.${version}`, { name: 'Document', content: [message] });
}

function accountReport(
  call: Call,
  reading: ReadAccount,
  asked: ReportRequest,
  account: Account,
  version: Version,
): LongXml {
  const createdAt = call.sandbox.clock.now().toISOString();
  const balances = reading.readable.rights.balances ? balancesOf(booksOf(call), [account]) : [];
  const period: Xml = [
    'FrToDt',
    [
      ['FrDtTm', `${asked.dateFrom}T00:00:00`],
      ['ToDtTm', `${asked.dateTo}T23:59:59`],
    ],
  ];
  function* content(): Generator<Xml> {
    yield ['Id', derivedUuid(account.key, createdAt).slice(0, 35)];
    yield ['CreDtTm', createdAt];
    yield period;
    yield ['Acct', accountPieces(call, account, version)];
    for (const balance of balances) yield balancePiece(balance, account);
    for (const row of rowsOn(call, account, asked, 'newestFirst')) yield entryPiece(row, version);
  }
  return { name: 'Rpt', content: content() };
}

function accountPieces({ bank }: Call, account: Account, version: Version): readonly Xml[] {
  return [
    ['Id', [identification(account)]],
    ['Ccy', account.currency],
    ['Nm', account.name.slice(0, 70)],
    ['Svcr', [['FinInstnId', [[version === '02' ? 'BIC' : 'BICFI', bank.bic]]]]],
  ];
}

function identification({ number }: Account): Xml {
  return 'iban' in number ? ['IBAN', number.iban] : ['Othr', [['Id', numberText(number)]]];
}

function balancePiece(
  { type, cents, currency, referenceDate, creditLimitIncluded }: Balance,
  account: Account,
): Xml {
  const limit: Xml = [
    'CdtLine',
    [
      ['Incl', 'true'],
      ['Amt', decimal(account.creditLimitCents), currency],
    ],
  ];
  return [
    'Bal',
    [
      ['Tp', [['CdOrPrtry', [['Cd', balanceCodes[type]]]]]],
      creditLimitIncluded ? limit : undefined,
      ...signed(cents, currency),
      ['Dt', [['Dt', referenceDate]]],
    ],
  ];
}

function entryPiece(entry: Entry, version: Version): Xml {
  const { day, cents, account, isPending, shownId, code } = entry;
  const status = isPending ? 'PDNG' : 'BOOK';
  const reference = shownId === undefined ? undefined : entryReference(day, shownId);
  const hasReference = reference !== undefined && !isPending && !account.habits.idsChangeDaily;
  return [
    'Ntry',
    [
      hasReference ? ['NtryRef', reference] : undefined,
      ...signed(cents, account.currency),
      ['Sts', version === '02' ? status : [['Cd', status]]],
      isPending ? undefined : ['BookgDt', [['Dt', day]]],
      ['ValDt', [['Dt', day]]],
      shownId === undefined ? undefined : ['AcctSvcrRef', shownId.slice(0, 35)],
      ['BkTxCd', [transactionCode(code)]],
      ['NtryDtls', [['TxDtls', details(entry, version)]]],
    ],
  ];
}

function details(entry: Entry, version: Version): readonly Xml[] {
  const { cents, account, counterparty, shownId, reference, text } = entry;
  const [party, partyAccount] = cents < 0 ? (['Cdtr', 'CdtrAcct'] as const) : (['Dbtr', 'DbtrAcct'] as const);
  const name: Xml = ['Nm', counterparty.name.slice(0, maxTextLength)];
  const structured: Xml | undefined =
    reference === undefined ? undefined : ['Strd', [['CdtrRefInf', [['Ref', reference]]]]];
  return [
    [
      'Refs',
      [
        shownId === undefined ? undefined : ['AcctSvcrRef', shownId.slice(0, 35)],
        ['EndToEndId', 'NOTPROVIDED'],
      ],
    ],
    ...signed(cents, account.currency),
    [
      'RltdPties',
      [
        [party, [version === '02' ? name : ['Pty', [name]]]],
        [partyAccount, [['Id', [['IBAN', counterparty.iban]]]]],
      ],
    ],
    ['RmtInf', [...pieces(text).map((part): Xml => ['Ustrd', part]), structured]],
  ];
}

function signed(cents: number, currency: string): readonly Xml[] {
  return [
    ['Amt', decimal(Math.abs(cents)), currency],
    ['CdtDbtInd', cents < 0 ? 'DBIT' : 'CRDT'],
  ];
}

/** Domain, family and sub-family, as `PMNT-RCDT-ESCT`. */
function transactionCode(code: string): Xml {
  const [domain = '', family = '', subFamily = ''] = code.split('-');
  return [
    'Domn',
    [
      ['Cd', domain],
      [
        'Fmly',
        [
          ['Cd', family],
          ['SubFmlyCd', subFamily],
        ],
      ],
    ],
  ];
}

function pieces(text: string): readonly string[] {
  return text.match(textPieces) ?? [];
}

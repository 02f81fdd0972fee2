import type { BankTransaction } from '../../src/banking/transaction.ts';
import { type Profile, profileOf } from '../../src/connectors/berlin-group/profiles.ts';
import { camtPages } from '../../src/connectors/berlin-group/reports/camt.ts';
import { begun } from '../../src/connectors/berlin-group/reports/report.ts';
import { bankStream } from './bank-stream.ts';
import { bankRow, expectSameAgain } from './berlin-group-row.ts';

const profile = profileOf(bankRow());

/** A document as a bank of this profile sends it, read page by page. */
export async function pages(
  body: Buffer | string,
  more: Partial<Profile> = {},
  contentType = 'application/xml',
  pieceBytes?: number,
) {
  const read: (readonly BankTransaction[])[] = [];
  const stream = bankStream(body, contentType, pieceBytes);
  for await (const page of camtPages({ ...profile, ...more }, await begun(stream))) read.push(page);
  expectSameAgain(read.flat(), more);
  return read;
}

export async function rows(body: Buffer | string, more: Partial<Profile> = {}) {
  return (await pages(body, more)).flat();
}

/** camt.052 as German savings banks have sent it since 2009. */
export function report(...entries: readonly string[]): string {
  return `<?xml version="1.0" encoding="UTF-8"?>
<Document xmlns="urn:iso:std:iso:20022:tech:xsd:camt.052.001.02"><BkToCstmrAcctRpt>
  <GrpHdr><MsgId>1</MsgId><CreDtTm>2026-05-04T10:00:00.0+02:00</CreDtTm></GrpHdr>
  <Rpt><Id>1</Id><Acct><Id><IBAN>DE02999000100000000001</IBAN></Id><Ccy>EUR</Ccy></Acct>
  <Bal><Tp><CdOrPrtry><Cd>CLBD</Cd></CdOrPrtry></Tp><Amt Ccy="EUR">1</Amt><CdtDbtInd>CRDT</CdtDbtInd></Bal>
  ${entries.join('\n')}
  </Rpt></BkToCstmrAcctRpt></Document>`;
}

export function entry(
  inside: string,
  amount = '<Amt Ccy="EUR">12.50</Amt><CdtDbtInd>DBIT</CdtDbtInd>',
): string {
  return `<Ntry>${amount}<Sts>BOOK</Sts><BookgDt><Dt>2026-05-04</Dt></BookgDt>${inside}</Ntry>`;
}

/** A payment as a savings bank tells it. */
export const rent =
  entry(`<NtryRef>N1</NtryRef><ValDt><Dt>2026-05-05</Dt></ValDt><AcctSvcrRef>2026-4711</AcctSvcrRef>
  <BkTxCd><Domn><Cd>PMNT</Cd><Fmly><Cd>ICDT</Cd><SubFmlyCd>ESCT</SubFmlyCd></Fmly></Domn>
    <Prtry><Cd>NTRF+116+997</Cd><Issr>DK</Issr></Prtry></BkTxCd>
  <NtryDtls><TxDtls><Refs><EndToEndId>NOTPROVIDED</EndToEndId><TxId>T1</TxId></Refs>
    <RltdPties><Dbtr><Nm>Ada Lindqvist</Nm></Dbtr><DbtrAcct><Id><IBAN>DE02999000100000000001</IBAN></Id></DbtrAcct>
      <Cdtr><Nm>Housing &amp; Sons &#8364;</Nm></Cdtr><CdtrAcct><Id><IBAN>DE02999000100000000002</IBAN></Id></CdtrAcct>
    </RltdPties>
    <RmtInf><Ustrd>Rent May</Ustrd><Ustrd><![CDATA[flat <3>]]></Ustrd></RmtInf></TxDtls></NtryDtls>
  <AddtlNtryInf>UEBERWEISUNG</AddtlNtryInf>`);

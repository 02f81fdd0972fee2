import type { PsuContext } from '../../src/banking/consent.ts';
import type { FormStep, ResumeInput, Step } from '../../src/banking/step.ts';
import type { SandboxBank } from '../../src/sandbox-bank/sandbox-bank.ts';
import { BankCustomer } from './bank-customer.ts';

/** The user of this name at the bank's pages, until he is sent back. */
export function visitBank(url: string, userName: string): Promise<URL> {
  return new BankCustomer({ userName, password: 'any' }, ['confirm']).walk(url);
}

/** What the user of this name does at a step. */
export async function actAs(
  { control }: SandboxBank,
  userName: string,
  step: Step,
  psu: PsuContext,
): Promise<ResumeInput> {
  if (step.kind === 'redirect') {
    const { searchParams } = await visitBank(step.url, userName);
    const id = crypto.randomUUID();
    const states = { nextState: `next-${id}`, nextNokState: `next-nok-${id}` };
    return { kind: 'callback', query: Object.fromEntries(searchParams), ...states, psu };
  }
  if (step.kind === 'form') return { kind: 'form', values: filledIn(control, userName, step), psu };
  if (step.kind !== 'decoupled') throw new Error(`nothing to do at ${JSON.stringify(step)}`);
  const waiting = control.authorisations().filter((each) => each.userName === userName);
  const last = waiting.filter(({ scaStatus }) => scaStatus === 'started').at(-1);
  // Whoever declines has done so by himself.
  if (last !== undefined && userName !== 'cancel') control.answerInApp(last.id, 'approve');
  return { kind: 'poll', psu };
}

function filledIn(
  control: SandboxBank['control'],
  userName: string,
  { fields }: FormStep,
): Record<string, string> {
  const last = control
    .authorisations()
    .filter((each) => each.userName === userName && each.code)
    .at(-1);
  const typed: Readonly<Record<string, string | undefined>> = {
    // Where kinds of logins are told apart, a login is filled up to ten characters, and two of the account follow.
    psuId: fields.some(({ name }) => name === 'psuIdType') ? `${userName.padEnd(10, '0')}12` : userName,
    password: 'any',
    method: fields[0]?.options?.some(({ value }) => value === 'app') ? 'app' : 'sms',
    code: last?.code,
    iban1: ibanAt(control, 'trellis-detailed-bank', userName, 0),
    iban2: ibanAt(control, 'trellis-detailed-bank', userName, 1),
  };
  return Object.fromEntries(
    fields.map(({ name, options }) => [name, typed[name] ?? options?.[0]?.value ?? '']),
  );
}

/** As he reads it on his card: in groups of four. */
function ibanAt({ accounts }: SandboxBank['control'], bank: string, userName: string, place: number) {
  const ibans = accounts(bank, userName).flatMap((account) => ('iban' in account ? [account.iban] : []));
  return ibans[place]?.replaceAll(/.{4}(?=.)/g, '$& ');
}

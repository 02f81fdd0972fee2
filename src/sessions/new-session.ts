import type { Bank } from '../banking/bank.ts';
import { invalid } from '../core/errors.ts';
import { uuidv7 } from '../core/ids.ts';
import type { CustomerService } from '../customers/customer-service.ts';
import type { InstitutionService } from '../institutions/institution-service.ts';
import type { MerchantPrincipal } from '../merchants/merchant.ts';
import { newBearerToken } from './bearer-token.ts';
import { findRenewed, type RenewalDeps, type Renewed } from './renewal.ts';
import type { Session, SessionCustomer } from './session.ts';
import { longestAccessDays } from './session-access.ts';
import { type CreateSessionBody, readSessionRequest } from './session-request.ts';

export interface NewSessionDeps extends RenewalDeps {
  readonly customers: CustomerService;
  readonly institutions: InstitutionService;
}

/**
 * The session that a request asks for, after every rule, and the token of its redirectUrl. Nothing is stored
 * but a customer whose email is new.
 * @throws ApiError VALIDATION that names the field
 */
export async function composeSession(
  deps: NewSessionDeps,
  principal: MerchantPrincipal,
  body: CreateSessionBody,
): Promise<{ session: Session; token: string }> {
  const now = deps.clock.now();
  const renewed = body.renewOf === undefined ? undefined : await findRenewed(deps, principal, body.renewOf);
  const request = readSessionRequest(body, principal.merchant.settings, now, renewed?.session);
  const chosen = await bankIn(deps, principal, body.prefill?.bankId);
  const bank = renewed ? await bankOfRenewal(deps, renewed, chosen) : chosen;
  if (body.disableBankSelection && !bank)
    throw invalid('disableBankSelection', 'disableBankSelection needs prefill.bankId.');
  checkAccessDays(deps, body.accessDays, bank);
  const customer = await resolveCustomer(deps, principal, body.customer);
  const key = { merchantId: principal.merchant.id, id: uuidv7(now) };
  const { token, hash } = newBearerToken(key);
  const session: Session = {
    ...key,
    environment: principal.environment,
    referenceId: body.referenceId,
    ...request,
    ...(body.market !== undefined && { market: body.market }),
    ...(customer && { customer }),
    ...(body.locale !== undefined && { locale: body.locale }),
    ...(body.themeVariant !== undefined && { themeVariant: body.themeVariant as 'light' | 'dark' }),
    ...(bank && { prefillBankId: bank.id }),
    disableBankSelection: body.disableBankSelection ?? false,
    ...(renewed && { renewOf: renewed.session.id }),
    ...(body.displayId !== undefined && { displayId: body.displayId }),
    ...(body.metadata && { metadata: body.metadata }),
    state: { status: 'started' },
    flowTokenHash: hash,
    updatedAt: now,
  };
  return { session, token };
}

async function bankIn(
  { institutions }: NewSessionDeps,
  { environment }: MerchantPrincipal,
  bankId: string | undefined,
): Promise<Bank | undefined> {
  if (bankId === undefined) return undefined;
  const bank = await institutions.offered(bankId, environment);
  if (!bank)
    throw invalid('prefill.bankId', 'prefill.bankId is not a bank that can be reached with this key.');
  return bank;
}

/** Undefined where it can no longer be reached: the user then chooses. */
async function bankOfRenewal(
  { institutions }: NewSessionDeps,
  { session, bankId }: Renewed,
  chosen: Bank | undefined,
): Promise<Bank | undefined> {
  if (chosen && chosen.id !== bankId)
    throw invalid('prefill.bankId', 'prefill.bankId is not the bank of the session in renewOf.');
  return institutions.offered(bankId, session.environment);
}

/** Where the user has yet to choose his bank, it may cut what the law allows to what it gives. */
function checkAccessDays({ institutions }: NewSessionDeps, days: number | undefined, bank?: Bank): void {
  const most = bank ? institutions.connectorOf(bank).maxConsentDays(bank) : longestAccessDays;
  if (days === undefined || days <= most) return;
  throw invalid('accessDays', `accessDays must be at most ${most}${bank ? ' at this bank' : ''}.`);
}

async function resolveCustomer(
  { customers }: NewSessionDeps,
  principal: MerchantPrincipal,
  sent: CreateSessionBody['customer'],
): Promise<SessionCustomer | undefined> {
  if (!sent) return undefined;
  const customerId = sent.customerId ?? sent.id;
  if (sent.customerId !== undefined && sent.id !== undefined && sent.id !== sent.customerId)
    throw invalid('customer.id', 'customer.id and customer.customerId differ.');
  const email = sent.email === undefined ? {} : { email: sent.email };
  const resolved = await customers.resolve(principal, {
    ...email,
    ...(customerId !== undefined && { customerId }),
  });
  return { ...email, customerId: resolved };
}

import type { BankDataService } from '../bank-data/bank-data-service.ts';
import type { ScopeBudget } from '../consents/call-counter.ts';
import { type ConsentRecord, standingOf } from '../consents/consent.ts';
import type { ConsentService } from '../consents/consent-service.ts';
import type { Clock } from '../core/clock.ts';
import type { MerchantPrincipal } from '../merchants/merchant.ts';
import type { Answer, Idempotency } from '../platform/idempotency/idempotency.ts';
import type { Claim } from '../platform/idempotency/idempotency-store.ts';
import type { Tx } from '../platform/postgres/pool.ts';
import type { WebhookService } from '../webhooks/webhook-service.ts';
import { ownerOf, type Session } from './session.ts';
import { budgetInWords, readsOfRefresh, sessionConsentOf } from './session-consent.ts';
import { toConsentWords } from './session-consent-wire.ts';
import { announce, toConsentPayload } from './session-event.ts';
import type { SessionService } from './session-service.ts';
import type { SessionStore } from './session-store.ts';

export interface SessionConsentDeps {
  readonly clock: Clock;
  readonly sessionStore: SessionStore;
  readonly sessions: SessionService;
  readonly consents: ConsentService;
  readonly bankData: BankDataService;
  readonly webhooks: WebhookService;
  readonly idempotency: Idempotency;
}

/** What a merchant sees of the consent behind a session, and how he ends it. */
export class SessionConsentService {
  readonly #deps: SessionConsentDeps;

  constructor(deps: SessionConsentDeps) {
    this.#deps = deps;
  }

  /** With what is left today of a living ongoing one's unattended reads. @throws ApiError NOT_FOUND */
  async details(principal: MerchantPrincipal, sessionId: string) {
    const session = await this.#deps.sessions.own(principal, sessionId);
    const consent = await this.#deps.consents.find(session.merchantId, session.id);
    const now = this.#deps.clock.now();
    const isLiving = consent?.access === 'ongoing' && standingOf(consent, now) === 'authorised';
    const budget = isLiving ? await this.#budgetOf(session, consent) : undefined;
    return toConsentWords(session, sessionConsentOf(session, consent, now), budget);
  }

  /**
   * Ends the consent, at the bank too, and whatever of it a bank may still bring. A session that waits for its user or
   * for its data fails as cancelled; data that are there stay. @throws ApiError NOT_FOUND
   */
  async revoke(principal: MerchantPrincipal, sessionId: string, claim: Claim | null): Promise<Answer> {
    const session = await this.#deps.sessions.own(principal, sessionId);
    const revoke = async (tx: Tx) => {
      await this.#revokeIn(tx, session);
      const now = this.#deps.clock.now();
      const consent = await this.#deps.consents.find(session.merchantId, session.id, tx);
      const current = (await this.#deps.sessions.lock(tx, session)) ?? session;
      return toConsentWords(session, sessionConsentOf(current, consent, now));
    };
    return this.#deps.idempotency.run(claim, revoke, session.id);
  }

  async #revokeIn(tx: Tx, { merchantId, id }: Session): Promise<void> {
    const { sessions, consents, clock, sessionStore } = this.#deps;
    const now = clock.now();
    const session = await sessions.lock(tx, { merchantId, id });
    if (!session) return;
    const consent = await consents.find(merchantId, id, tx);
    const isLiving = consent !== undefined && standingOf(consent, now) === 'authorised';
    await sessionStore.markConsentRevoked(tx, session, now);
    if (await sessions.fail(tx, session, 'cancelled')) return;
    if (!isLiving) return;
    await consents.requestEnd(tx, merchantId, id);
    const { expiresAt } = consent;
    const payload = toConsentPayload(session, { expiresAt, revokedAt: now, revokedBy: 'merchant' });
    await announce(this.#deps, tx, session, { type: 'consent_revoked', payload, at: now });
  }

  async #budgetOf(session: Session, consent: ConsentRecord): Promise<readonly ScopeBudget[]> {
    const document = await this.#deps.bankData.document(ownerOf(session));
    const accountIds = document?.accounts.map(({ id }) => id) ?? [];
    const reads = readsOfRefresh(consent.permissions, accountIds);
    return budgetInWords(await this.#deps.consents.callsLeft(consent, reads));
  }
}

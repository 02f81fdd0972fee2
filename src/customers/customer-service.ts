import { createHmac } from 'node:crypto';
import type { Clock } from '../core/clock.ts';
import { invalid } from '../core/errors.ts';
import { isUuid, uuidv7 } from '../core/ids.ts';
import type { MerchantPrincipal } from '../merchants/merchant.ts';
import type { MerchantService } from '../merchants/merchant-service.ts';
import type { Vault } from '../platform/crypto/vault.ts';
import type { Db } from '../platform/postgres/pool.ts';
import { customerEmailHash, findByEmail, findOrCreateByEmail } from './customer-store.ts';

export interface CustomerDeps {
  readonly db: Db;
  readonly vault: Vault;
  readonly clock: Clock;
  readonly merchants: MerchantService;
}

/** A session's `customer` as the merchant sent it: an address, an id that we gave, or both of one person. */
export interface CustomerReference {
  readonly email?: string;
  readonly customerId?: string;
}

/** The returning customers of a merchant. Addresses are sealed; they are found by a keyed hash. */
export class CustomerService {
  readonly #deps: CustomerDeps;

  constructor(deps: CustomerDeps) {
    this.#deps = deps;
  }

  /**
   * The customer behind a reference; an unknown address becomes a new customer.
   * @returns the customer's id
   * @throws ApiError VALIDATION for an id that is not this merchant's, or for two that differ
   */
  async resolve(principal: MerchantPrincipal, reference: CustomerReference): Promise<string> {
    const { email, customerId } = reference;
    if (customerId === undefined) {
      if (email === undefined) throw invalid('customer', 'customer needs an email or a customerId.');
      return this.#byEmail(principal, email);
    }
    const known = isUuid(customerId)
      ? await customerEmailHash(this.#deps.db, principal.merchant.id, principal.environment, customerId)
      : undefined;
    if (!known) throw invalid('customer.customerId', 'customer.customerId is not one of your customers.');
    if (email !== undefined && !known.emailHash?.equals(await this.#hash(principal, email)))
      throw invalid('customer', 'customer.email and customer.customerId are not the same customer.');
    return customerId;
  }

  /** The customer with this address; undefined for one that was never seen. */
  async findByEmail(principal: MerchantPrincipal, email: string): Promise<string | undefined> {
    const { merchant, environment } = principal;
    const emailHash = await this.#hash(principal, email);
    return findByEmail(this.#deps.db, { merchantId: merchant.id, environment, emailHash });
  }

  async #byEmail(principal: MerchantPrincipal, email: string): Promise<string> {
    const { db, vault, clock } = this.#deps;
    const now = clock.now();
    const id = uuidv7(now);
    const merchantId = principal.merchant.id;
    const place = { table: 'customer', merchantId, rowId: id, column: 'sealed_email' };
    return findOrCreateByEmail(db, {
      merchantId,
      environment: principal.environment,
      id,
      emailHash: await this.#hash(principal, email),
      sealedEmail: vault.seal(place, email),
      createdAt: now,
    });
  }

  async #hash(principal: MerchantPrincipal, email: string): Promise<Buffer> {
    const secret = await this.#deps.merchants.idSecret(principal.merchant.id);
    return createHmac('sha256', secret)
      .update(`customer-email\n${normaliseEmail(email)}`)
      .digest();
  }
}

/** Letter case and outer white space do not make another person; nothing else is guessed. */
export function normaliseEmail(email: string): string {
  return email.trim().toLowerCase().normalize('NFC');
}

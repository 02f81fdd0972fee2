import type { Clock } from '../core/clock.ts';
import { ApiError, invalid } from '../core/errors.ts';
import { isUuid, uuidv7 } from '../core/ids.ts';
import type { MerchantPrincipal } from '../merchants/merchant.ts';
import type { Outbound } from '../platform/outbound/outbound.ts';
import type { Db, Tx } from '../platform/postgres/pool.ts';
import { defaultEvents, everyEvent } from './event-type.ts';
import { ownerOf, type WebhookOwner } from './owner.ts';
import type { SecretService } from './secret-service.ts';
import { isPlainUrl, maxSubscriptions, maxUrlLength, normalUrl, type Subscription } from './subscription.ts';
import {
  countSubscriptions,
  deleteSubscription,
  findByUrl,
  findSubscription,
  insertSubscription,
  listSubscriptions,
  saveSubscription,
} from './subscription-store.ts';

export interface SubscriptionDeps {
  readonly db: Db;
  readonly clock: Clock;
  readonly outbound: Outbound;
  readonly secrets: SecretService;
}

/** Which app made a subscription that no key made. */
const operatorAppId = 'operator';

/** Where a merchant wants to be told of events. */
export class SubscriptionService {
  readonly #deps: SubscriptionDeps;

  constructor(deps: SubscriptionDeps) {
    this.#deps = deps;
  }

  /**
   * Refuses an address that would never be dialled. Asks DNS, so it comes before any transaction; and again
   * whoever sends asks about the address that is really dialled.
   * @throws ApiError VALIDATION, param `url`
   */
  async checkUrl(url: string): Promise<void> {
    if (!isPlainUrl(url)) throw invalid('url', 'url must be printable ASCII, with no space or backslash.');
    const verdict = await this.#deps.outbound.checkAddress(url);
    if (!verdict.ok) throw invalid('url', `url ${verdict.message}.`);
    if (normalUrl(url).length > maxUrlLength)
      throw invalid('url', `url must be at most ${maxUrlLength} characters, as the URL standard writes it.`);
  }

  /** @throws ApiError CONFLICT when the url has a subscription, or there are too many */
  async create(
    tx: Tx,
    principal: MerchantPrincipal,
    body: { url: string; events?: readonly string[] },
  ): Promise<Subscription> {
    const owner = ownerOf(principal);
    return this.#insert(tx, owner, principal.appId, normalUrl(body.url), body.events ?? defaultEvents);
  }

  /** Changes what is given; and a subscription that a 410 disabled lives again. */
  async update(
    tx: Tx,
    principal: MerchantPrincipal,
    body: { id: string; url?: string; events?: readonly string[] },
  ): Promise<Subscription> {
    const owner = ownerOf(principal);
    await this.#deps.secrets.ensure(tx, owner);
    const current = await this.find(tx, principal, body.id);
    const url = body.url === undefined ? current.url : normalUrl(body.url);
    const holder = await findByUrl(tx, owner, url);
    if (holder && holder.id !== current.id) throw urlTaken(holder.id);
    const { disabledAt: _, ...living } = current;
    const changed = { ...living, url, events: body.events ?? current.events, updatedAt: this.#now() };
    await saveSubscription(tx, changed);
    return changed;
  }

  async list(
    principal: MerchantPrincipal,
    page: { skip: number; limit: number },
  ): Promise<{ items: Subscription[]; count: number }> {
    const owner = ownerOf(principal);
    const items = await listSubscriptions(this.#deps.db, owner, page);
    return { items, count: await countSubscriptions(this.#deps.db, owner) };
  }

  /** What still waits for it is given up. @throws ApiError NOT_FOUND */
  async delete(tx: Tx, principal: MerchantPrincipal, id: string): Promise<void> {
    if (!isUuid(id) || !(await deleteSubscription(tx, ownerOf(principal), id))) throw notFound();
  }

  /** @throws ApiError NOT_FOUND, also for another merchant's */
  async find(db: Db, principal: MerchantPrincipal, id: string): Promise<Subscription> {
    const found = isUuid(id) ? await findSubscription(db, ownerOf(principal), id) : undefined;
    if (!found) throw notFound();
    return found;
  }

  /**
   * A subscription to all events at an address that the operator answers for: the one at `earlierUrl` moves
   * there, or a new one is made.
   */
  async replace(
    tx: Tx,
    owner: WebhookOwner,
    urls: { earlierUrl?: string | undefined; url: string },
  ): Promise<void> {
    await this.#deps.secrets.ensure(tx, owner);
    const url = normalUrl(urls.url);
    if (await findByUrl(tx, owner, url)) return;
    const earlier = urls.earlierUrl && (await findByUrl(tx, owner, normalUrl(urls.earlierUrl)));
    if (earlier) await saveSubscription(tx, { ...earlier, url, updatedAt: this.#now() });
    else await this.#insert(tx, owner, operatorAppId, url, [everyEvent]);
  }

  async #insert(
    tx: Tx,
    owner: WebhookOwner,
    appId: string,
    url: string,
    events: readonly string[],
  ): Promise<Subscription> {
    // Holds the owner's row: from here on no other request of this merchant adds or moves a subscription.
    await this.#deps.secrets.ensure(tx, owner);
    if ((await countSubscriptions(tx, owner)) >= maxSubscriptions)
      throw new ApiError(
        'CONFLICT',
        `There are ${maxSubscriptions} subscriptions already; delete one first.`,
      );
    const now = this.#now();
    const id = uuidv7(now);
    const made = await insertSubscription(tx, {
      ...owner,
      id,
      appId,
      url,
      events,
      createdAt: now,
      updatedAt: now,
    });
    if (!made) throw urlTaken((await findByUrl(tx, owner, url))?.id);
    return made;
  }

  #now(): Date {
    return this.#deps.clock.now();
  }
}

function notFound(): ApiError {
  return new ApiError('NOT_FOUND', 'There is no webhook subscription with this id.');
}

function urlTaken(id: string | undefined): ApiError {
  return new ApiError('CONFLICT', 'Another webhook subscription has this url.', {
    param: 'url',
    ...(id !== undefined && { data: { id } }),
  });
}

import type { Env } from '../config.ts';
import { systemClock } from '../core/clock.ts';
import { readableId } from '../core/ids.ts';
import { StartProblem } from '../core/start-problem.ts';
import { newApiKey, printApiKey } from '../merchants/api-key.ts';
import type { Environment } from '../merchants/merchant.ts';
import { MerchantService } from '../merchants/merchant-service.ts';
import { Vault } from '../platform/crypto/vault.ts';
import { dbOf } from '../platform/postgres/pool.ts';
import { onInstallation } from './installation.ts';
import { type MerchantWish, readMerchantWish } from './merchant-wish.ts';

const merchantIdLength = 8;

/** Makes a merchant, gives one a further key, or takes a key back. A key is shown once, when it is made. */
export async function merchant(env: Env, args: string[]): Promise<void> {
  const wish = readMerchantWish(args);
  await onInstallation(env, async ({ pool, masterKeys }) => {
    const vault = new Vault(masterKeys);
    console.log(await fulfil(wish, new MerchantService({ db: dbOf(pool), vault, clock: systemClock })));
  });
}

/** What there is to tell of it. @throws StartProblem when there is no such merchant or key */
async function fulfil(wish: MerchantWish, merchants: MerchantService): Promise<string> {
  switch (wish.action) {
    case 'create':
      return create(wish, merchants);
    case 'add-key': {
      if (!(await merchants.find(wish.merchantId)))
        throw new StartProblem(`There is no merchant ${wish.merchantId}.`);
      return addKey(merchants, wish.merchantId, wish.environment, wish.name);
    }
    case 'revoke-key': {
      if (!(await merchants.revokeKey(wish.appId)))
        throw new StartProblem(`There is no key ${wish.appId} that works.`);
      return `The key ${wish.appId} is revoked; within some seconds no server takes it any more.`;
    }
  }
}

async function create(
  { name, country, settings, environment }: MerchantWish & { action: 'create' },
  merchants: MerchantService,
): Promise<string> {
  const id = readableId(merchantIdLength);
  await merchants.save({ id, name, country, settings });
  return `Merchant ${id} (${name}).\n${await addKey(merchants, id, environment, 'first key')}`;
}

async function addKey(
  merchants: MerchantService,
  merchantId: string,
  environment: Environment,
  name: string,
): Promise<string> {
  const key = newApiKey(merchantId, environment);
  await merchants.addKey(merchantId, environment, key, name);
  return `A ${environment} key of merchant ${merchantId}, shown only now:\n${printApiKey(key)}`;
}

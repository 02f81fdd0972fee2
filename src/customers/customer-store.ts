import type { Db } from '../platform/postgres/pool.ts';

/** Finds the customer with this address or makes one with `id`; one living customer per normalised address. */
export async function findOrCreateByEmail(
  db: Db,
  customer: {
    merchantId: string;
    environment: string;
    id: string;
    emailHash: Buffer;
    sealedEmail: Buffer;
    createdAt: Date;
  },
): Promise<string> {
  const known = await findByEmail(db, customer);
  if (known !== undefined) return known;
  const { rows } = await db.query<{ id: string }>({
    name: 'customer-by-email',
    text: `INSERT INTO customer (merchant_id, environment, id, email_hash, sealed_email, created_at)
           VALUES ($1, $2, $3, $4, $5, $6)
           ON CONFLICT (merchant_id, environment, email_hash) DO UPDATE SET email_hash = EXCLUDED.email_hash
           RETURNING id`,
    values: [
      customer.merchantId,
      customer.environment,
      customer.id,
      customer.emailHash,
      customer.sealedEmail,
      customer.createdAt,
    ],
  });
  return rows[0]?.id ?? customer.id;
}

export async function findByEmail(
  db: Db,
  customer: { merchantId: string; environment: string; emailHash: Buffer },
): Promise<string | undefined> {
  const { rows } = await db.query<{ id: string }>({
    name: 'customer-find-by-email',
    text: 'SELECT id FROM customer WHERE merchant_id = $1 AND environment = $2 AND email_hash = $3',
    values: [customer.merchantId, customer.environment, customer.emailHash],
  });
  return rows[0]?.id;
}

export async function customerEmailHash(
  db: Db,
  merchantId: string,
  environment: string,
  id: string,
): Promise<{ emailHash: Buffer | null } | undefined> {
  const { rows } = await db.query<{ emailHash: Buffer | null }>({
    name: 'customer-email-hash',
    text: `SELECT email_hash AS "emailHash" FROM customer
           WHERE merchant_id = $1 AND environment = $2 AND id = $3`,
    values: [merchantId, environment, id],
  });
  return rows[0];
}

import type pg from 'pg';
import type { ConsentService } from '../consents/consent-service.ts';
import type { Clock } from '../core/clock.ts';
import type { InstitutionService } from '../institutions/institution-service.ts';
import type { MerchantService } from '../merchants/merchant-service.ts';
import type { Vault } from '../platform/crypto/vault.ts';
import type { Logger } from '../platform/telemetry/logger.ts';
import type { SessionService } from '../sessions/session-service.ts';

/** What the hosted flow is built from. */
export interface FlowDeps {
  readonly pool: pg.Pool;
  readonly vault: Vault;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly sessions: SessionService;
  readonly merchants: MerchantService;
  readonly institutions: InstitutionService;
  readonly consents: ConsentService;
  /** Scheme and host by which browsers reach this server, without a slash at the end. */
  readonly publicUrl: string;
  /** Who reads the data in law; named on the consent page. */
  readonly operatorName: string;
  /** Of one address, all sessions together; the default suits many people behind one address. */
  readonly requestsPerMinute?: number;
}

import { Type } from 'typebox';
import { Value } from 'typebox/value';
import type { JobHandler, Sweep } from '../platform/jobs/worker.ts';
import { type ConsentService, endConsentTask } from './consent-service.ts';

const endPayload = Type.Object({
  merchantId: Type.String(),
  sessionId: Type.String(),
  waits: Type.Optional(Type.Integer({ minimum: 0 })),
});

/** Ends consents that are no longer needed, and erases the addresses of users who are no longer there. */
export function consentJobs(consents: ConsentService): {
  handlers: Record<string, JobHandler>;
  sweeps: Sweep[];
} {
  return {
    handlers: {
      [endConsentTask]: async (payload) => {
        const { merchantId, sessionId, waits } = Value.Parse(endPayload, payload);
        await consents.end(merchantId, sessionId, waits);
      },
    },
    sweeps: [
      { name: 'consent-psu', everyMs: 60_000, run: () => consents.erasePastPsu() },
      { name: 'consent-calls', everyMs: 3_600_000, run: () => consents.forgetOldCalls() },
      { name: 'consent-ending', everyMs: 600_000, run: () => consents.endOverdue() },
    ],
  };
}

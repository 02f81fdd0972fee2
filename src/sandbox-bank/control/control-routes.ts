import type { FastifyError, FastifyInstance, FastifyRequest } from 'fastify';
import { banks } from '../banks.ts';
import { consentStatuses } from '../consents/consent.ts';
import { pathParameter, queryText } from '../request-parts.ts';
import type { Sandbox } from '../sandbox.ts';
import type { ClockMove, Control, NewFault } from './control.ts';
import { type FaultName, faultStages, routeNames } from './faults.ts';

const maxSeconds = 100 * 365 * 86_400;
const maxTimes = 1_000_000;
const maxDelayMs = 600_000;

/** A request that the control API does not understand; the message says what it takes. */
class ControlError extends Error {
  override readonly name = 'ControlError';
}

/**
 * The control API, for tests and for people who try things out. JSON in (`Content-Type: application/json`, so
 * that no web page can send it unasked), JSON out; an error is `400 {"error": "..."}`.
 *
 *     POST   /control/faults     {bank?, route?, fault, times?, retryAfterSeconds?, delayMs?} -> 201, the rule
 *     GET    /control/faults     -> the rules that are set
 *     DELETE /control/faults     -> 204
 *     GET    /control/clock      -> {now}
 *     POST   /control/clock      {now: "2027-01-31T09:00:00Z"} or {advanceSeconds: 86400} -> {now}
 *     GET    /control/consents   -> [{id, bank, status, recurring, validUntil, createdAt, userName?,
 *                                       unattended: {day, limit, reads: [{route, resourceId?, calls}]}}]
 *     POST   /control/consents/{id}/status   {status} -> 204, or 404
 *     GET    /control/accounts?bank=&userName=   -> [{iban or bban or maskedPan, name, currency}]
 *     GET    /control/authorisations        -> [{id, bank, consentId, scaStatus, startedAt, userName?, method?, code?}]
 *     POST   /control/authorisations/{id}   {decision: "approve" or "decline"} -> 204, or 404 if none waits
 *     GET    /control/requests   -> the newest calls [{bank, route, status, psuPresent, requestId?, consentId?, at}]
 *     DELETE /control/requests   -> 204
 *
 * Banks, routes and faults are named in banks.ts and control/faults.ts. Without `bank` or `route` a fault is
 * for all of them; without `times` it stays until it is deleted.
 */
export async function controlRoutes(app: FastifyInstance, sandbox: Sandbox, control: Control): Promise<void> {
  app.setErrorHandler((error: FastifyError, _request, reply) => {
    if (error instanceof ControlError || (error.statusCode ?? 500) < 500) {
      return reply.code(400).send({ error: error.message });
    }
    sandbox.reportFailure(error);
    return reply.code(500).send({ error: 'The sandbox bank has failed.' });
  });
  app.get('/faults', async () => control.faults());
  app.post('/faults', async (request, reply) => reply.code(201).send(control.addFault(faultIn(request))));
  app.delete('/faults', async (_request, reply) => {
    control.clearFaults();
    return reply.code(204).send();
  });
  app.get('/clock', async () => ({ now: control.now().toISOString() }));
  app.post('/clock', async (request) => ({ now: control.moveClock(clockMoveIn(request)).toISOString() }));
  app.get('/consents', async () => control.consents());
  app.post('/consents/:consentId/status', async (request, reply) => {
    const status = oneOf(fieldsOf(request).status, consentStatuses, 'status');
    const found = control.setConsentStatus(pathParameter(request, 'consentId'), status);
    return found ? reply.code(204).send() : reply.code(404).send({ error: 'There is no such consent.' });
  });
  app.get('/accounts', async (request) =>
    control.accounts(queryText(request, 'bank') ?? '', queryText(request, 'userName') ?? ''),
  );
  app.get('/authorisations', async () => control.authorisations());
  app.post('/authorisations/:authorisationId', async (request, reply) => {
    const decision = oneOf(fieldsOf(request).decision, ['approve', 'decline'] as const, 'decision');
    const waited = control.answerInApp(pathParameter(request, 'authorisationId'), decision);
    return waited
      ? reply.code(204).send()
      : reply.code(404).send({ error: 'Nothing waits for an answer there.' });
  });
  app.get('/requests', async () => control.requests());
  app.delete('/requests', async (_request, reply) => {
    control.clearRequests();
    return reply.code(204).send();
  });
}

function faultIn(request: FastifyRequest): NewFault {
  const { bank, route, fault, times, retryAfterSeconds, delayMs } = fieldsOf(request);
  const slugs = ['any', ...banks.map(({ slug }) => slug)];
  return {
    fault: oneOf(fault, faultNames(), 'fault'),
    ...(bank !== undefined && { bank: oneOf(bank, slugs, 'bank') }),
    ...(route !== undefined && { route: oneOf(route, ['any', ...routeNames] as const, 'route') }),
    ...(times !== undefined && { times: wholeNumber(times, 1, maxTimes, 'times') }),
    ...(retryAfterSeconds !== undefined && {
      retryAfterSeconds: wholeNumber(retryAfterSeconds, 0, maxSeconds, 'retryAfterSeconds'),
    }),
    ...(delayMs !== undefined && { delayMs: wholeNumber(delayMs, 0, maxDelayMs, 'delayMs') }),
  };
}

function faultNames(): readonly FaultName[] {
  return Object.keys(faultStages).filter((name): name is FaultName => name in faultStages);
}

function clockMoveIn(request: FastifyRequest): ClockMove {
  const { now, advanceSeconds } = fieldsOf(request);
  if (advanceSeconds !== undefined) {
    return { advanceSeconds: wholeNumber(advanceSeconds, -maxSeconds, maxSeconds, 'advanceSeconds') };
  }
  const instant = new Date(typeof now === 'string' ? now : Number.NaN);
  if (Number.isNaN(instant.getTime()))
    throw new ControlError('Give `now` as an ISO instant, or `advanceSeconds`.');
  return { now: instant };
}

function fieldsOf({ body }: FastifyRequest): Readonly<Record<string, unknown>> {
  if (typeof body !== 'object' || body === null || Array.isArray(body))
    throw new ControlError('Send a JSON object.');
  return Object.fromEntries(Object.entries(body));
}

function oneOf<T extends string>(value: unknown, values: readonly T[], name: string): T {
  const found = values.find((each) => each === value);
  if (found === undefined) throw new ControlError(`\`${name}\` is one of: ${values.join(', ')}.`);
  return found;
}

function wholeNumber(value: unknown, min: number, max: number, name: string): number {
  if (typeof value !== 'number' || !Number.isSafeInteger(value) || value < min || value > max) {
    throw new ControlError(`\`${name}\` is a whole number from ${min} to ${max}.`);
  }
  return value;
}

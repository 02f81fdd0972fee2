import type { FastifyError, FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { tokenPath } from '../addresses.ts';
import { type Bank, usesOAuth } from '../bank.ts';
import { observedRoute } from '../control/observed-route.ts';
import { sendGatewayPage } from '../control/spoiled-answers.ts';
import { bankOf } from '../request-parts.ts';
import type { Sandbox } from '../sandbox.ts';
import {
  exchangeCode,
  issueTppToken,
  preStepScope,
  refreshTokens,
  type TokenAnswer,
} from './grant-service.ts';
import { neverStored } from './never-stored.ts';
import { formOf } from './oauth-form.ts';

/** RFC 6749 section 5.2; `server_error` is ours, for a failure of the bank itself. */
type TokenErrorCode =
  | 'invalid_request'
  | 'invalid_client'
  | 'invalid_grant'
  | 'unsupported_grant_type'
  | 'server_error';

type AtBank = (bank: Bank, request: FastifyRequest, reply: FastifyReply) => unknown;

/** Metadata (RFC 8414) and token endpoint of the banks that authorise by OAuth. */
export async function oauthRoutes(app: FastifyInstance, sandbox: Sandbox): Promise<void> {
  const atBank = (handle: AtBank) => async (request: FastifyRequest, reply: FastifyReply) => {
    const bank = bankOf(request);
    if (bank === undefined || !usesOAuth(bank) || bank.deviations.withoutConsents) return sendNotFound(reply);
    return bank.offline ? sendGatewayPage(reply, 503) : handle(bank, request, reply);
  };
  app.setErrorHandler((error: FastifyError, _request, reply) => {
    if ((error.statusCode ?? 500) < 500) return sendTokenError(reply, 400, 'invalid_request');
    sandbox.reportFailure(error);
    return sendTokenError(reply, 500, 'server_error');
  });
  app.get('/.well-known/oauth-authorization-server/berlin-group/:bank', {
    ...observedRoute(sandbox, 'metadata'),
    handler: atBank((bank) => metadata(sandbox, bank)),
  });
  app.get('/berlin-group/:bank/v1/oauth-metadata', {
    ...observedRoute(sandbox, 'metadata'),
    handler: atBank((bank, _request, reply) =>
      bank.deviations.barePathToOAuth ? metadata(sandbox, bank) : sendNotFound(reply),
    ),
  });
  for (const path of ['/token', '/idp/v1/token']) {
    app.post(`/berlin-group/:bank${path}`, {
      ...observedRoute(sandbox, 'token'),
      handler: atBank((bank, request, reply) =>
        path === tokenPath(bank) ? answerTokenRequest(sandbox, bank, request, reply) : sendNotFound(reply),
      ),
    });
  }
}

function metadata(sandbox: Sandbox, bank: Bank) {
  return {
    issuer: sandbox.addresses.issuer(bank),
    authorization_endpoint: sandbox.addresses.authorize(bank),
    ...(!bank.deviations.tokenEndpointUntold && { token_endpoint: sandbox.addresses.token(bank) }),
    ...(bank.sca === 'preStep' && { scopes_supported: [preStepScope(bank)] }),
    response_types_supported: ['code'],
    response_modes_supported: ['query'],
    grant_types_supported: [
      'authorization_code',
      'refresh_token',
      ...(bank.deviations.tppToken ? ['client_credentials'] : []),
    ],
    code_challenge_methods_supported: ['S256'],
    token_endpoint_auth_methods_supported: ['none'],
    ui_locales_supported: ['en', 'de'],
    authorization_response_iss_parameter_supported: true,
  };
}

function answerTokenRequest(sandbox: Sandbox, bank: Bank, request: FastifyRequest, reply: FastifyReply) {
  const form = formOf(request);
  if (form === undefined) return sendTokenError(reply, 400, 'invalid_request');
  const clientId = form.client_id ?? '';
  if (clientId === '') return sendTokenError(reply, 401, 'invalid_client');
  switch (form.grant_type) {
    case 'authorization_code': {
      const { code, redirect_uri: redirectUri, code_verifier: codeVerifier } = form;
      if (!code || !redirectUri || !codeVerifier) return sendTokenError(reply, 400, 'invalid_request');
      return sendTokens(reply, exchangeCode(sandbox, bank, { code, clientId, redirectUri, codeVerifier }));
    }
    case 'refresh_token':
      if (!form.refresh_token) return sendTokenError(reply, 400, 'invalid_request');
      return sendTokens(reply, refreshTokens(sandbox, bank, form.refresh_token, clientId));
    case 'client_credentials':
      if (!bank.deviations.tppToken) return sendTokenError(reply, 400, 'unsupported_grant_type');
      return sendTokens(reply, issueTppToken(sandbox, bank, clientId));
    case undefined:
      return sendTokenError(reply, 400, 'invalid_request');
    default:
      return sendTokenError(reply, 400, 'unsupported_grant_type');
  }
}

function sendTokens(reply: FastifyReply, answer: TokenAnswer | undefined): FastifyReply {
  if (answer === undefined) return sendTokenError(reply, 400, 'invalid_grant');
  return neverStored(reply).send(answer);
}

function sendTokenError(reply: FastifyReply, status: number, error: TokenErrorCode): FastifyReply {
  return neverStored(reply).code(status).send({ error });
}

function sendNotFound(reply: FastifyReply): FastifyReply {
  return reply.code(404).send({ error: 'not_found' });
}

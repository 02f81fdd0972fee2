import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { appPath } from '../addresses.ts';
import { headerText, pathParameter, queryText } from '../request-parts.ts';
import type { Sandbox } from '../sandbox.ts';
import { answerInApp } from '../sca/app-approval.ts';
import { noticesOf } from '../sca/phone.ts';
import { stop } from './arrival-routes.tsx';
import { formValues, sendPage } from './page.ts';
import { localeOf, preferredLocale, textsIn } from './texts/in-language.ts';
import { PhoneView } from './views/phone-view.tsx';

/** The page that stands for all customers' phones: there is nobody to protect from anybody here. */
export async function phoneRoutes(app: FastifyInstance, sandbox: Sandbox): Promise<void> {
  app.get(appPath, async (request, reply) => show(sandbox, request, reply));
  app.post(`${appPath}/:authorisationId`, async (request, reply) => {
    const decision = formValues(request, 'decision')[0] === 'approve' ? 'approve' : 'decline';
    const isAnswered = answerInApp(sandbox, pathParameter(request, 'authorisationId'), decision);
    if (!isAnswered) return stop(request, reply, undefined, 'over', 410);
    return reply.redirect(`${appPath}?done=${decision}`, 303);
  });
}

function show(sandbox: Sandbox, request: FastifyRequest, reply: FastifyReply): FastifyReply {
  const locale =
    localeOf(queryText(request, 'lang')) ??
    preferredLocale(undefined, headerText(request, 'accept-language'));
  const done = (['approve', 'decline'] as const).find((each) => each === queryText(request, 'done'));
  const props = {
    texts: textsIn(locale),
    notices: noticesOf(sandbox),
    ...(done !== undefined && { done }),
  };
  return sendPage(reply, <PhoneView {...props} />);
}

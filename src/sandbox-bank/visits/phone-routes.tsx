import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { appPath } from '../addresses.ts';
import { accountsInReach } from '../consents/consent-service.ts';
import { headerText, pathParameter, queryText } from '../request-parts.ts';
import type { Sandbox } from '../sandbox.ts';
import { answerInApp } from '../sca/app-approval.ts';
import { type Notice, noticesOf } from '../sca/phone.ts';
import { stop } from './arrival-routes.tsx';
import { periodWords, sharedWords } from './confirmation.ts';
import { formValues, sendPage } from './page.ts';
import { localeOf, preferredLocale, textsIn } from './texts/in-language.ts';
import type { Texts } from './texts/texts.ts';
import { PhoneView, type ShownNotice } from './views/phone-view.tsx';

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
  const texts = textsIn(locale);
  const props = {
    texts,
    notices: noticesOf(sandbox).map((notice) => shown(sandbox, texts, notice)),
    ...(done !== undefined && { done }),
  };
  return sendPage(reply, <PhoneView {...props} />);
}

function shown(sandbox: Sandbox, texts: Texts, notice: Notice): ShownNotice {
  const { authorisationId, bank, customer, consent, code } = notice;
  const accounts = accountsInReach(sandbox, bank, consent, customer);
  return {
    authorisationId,
    bank,
    customer: customer.name,
    tpp: notice.tpp ?? texts.phone.someone,
    shared: sharedWords(consent, customer, accounts, texts),
    period: periodWords(consent, texts),
    ...(code !== undefined && { code }),
  };
}

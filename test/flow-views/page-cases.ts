import type { BankRow } from '../../src/flow/views/bank-list.tsx';
import { ChooseBank, type ChooseBankProps } from '../../src/flow/views/choose-bank.tsx';
import { Consent, type ConsentProps } from '../../src/flow/views/consent.tsx';
import { Ended } from '../../src/flow/views/ended.tsx';
import { Failed } from '../../src/flow/views/failed.tsx';
import { Fault } from '../../src/flow/views/fault.tsx';
import { HandOver } from '../../src/flow/views/hand-over.tsx';
import type { MerchantFrame } from '../../src/flow/views/layout.tsx';
import { LinkUsed } from '../../src/flow/views/link-used.tsx';
import { Moved } from '../../src/flow/views/moved.tsx';
import { Release } from '../../src/flow/views/release.tsx';
import { ReleaseCode } from '../../src/flow/views/release-code.tsx';
import { renderPage } from '../../src/flow/views/render-page.ts';
import { Returned } from '../../src/flow/views/returned.tsx';
import { StrayReturn } from '../../src/flow/views/stray-return.tsx';
import { offeredLocales } from '../../src/flow/views/texts/languages.ts';
import type { FailureReason, Outcome, ReturnedState } from '../../src/flow/views/texts/texts.ts';
import type { Theme } from '../../src/flow/views/tokens.ts';
import { UnknownLink } from '../../src/flow/views/unknown-link.tsx';
import { Waiting } from '../../src/flow/views/waiting.tsx';
import type { Locale } from '../../src/sessions/locale.ts';
import { authorising } from './authorising-cases.ts';
import { csrf, later, longName, now, type PageCase } from './page-case.ts';

export { csrf, longName, type PageCase } from './page-case.ts';

export function frameOf(
  locale: Locale,
  theme?: Theme,
  merchant: Partial<MerchantFrame['merchant']> = {},
): MerchantFrame {
  return {
    locale,
    theme,
    merchant: { id: 'nordlicht', name: 'Nordlicht Energy', ...merchant },
    languages: offeredLocales.map((other) => ({ locale: other, href: `?lang=${other}` })),
    links: { privacyUrl: '/privacy', myDataUrl: '/my-data' },
  };
}

function bank(id: string, name: string, more: Partial<BankRow> = {}): BankRow {
  return { id, name, health: 'good', test: false, ...more };
}

export const twelveBanks: readonly BankRow[] = [
  bank('de-sparkasse', 'Sparkasse'),
  bank('de-vr', 'Volksbank Raiffeisenbank', { membersHref: '?group=VR' }),
  bank('de-deutsche-bank', 'Deutsche Bank', { detail: 'DEUTDEFF' }),
  bank('de-ing', 'ING', { health: 'degraded' }),
  bank('de-commerzbank', 'Commerzbank', { detail: 'COBADEFF' }),
  bank('de-dkb', 'DKB', { health: 'down' }),
  bank('de-n26', 'N26', { detail: 'NTSBDEB1' }),
  bank('de-postbank', 'Postbank', { detail: 'PBNKDEFF' }),
  bank('at-rlb-noe', longName, { detail: 'RLNWATWW' }),
  bank('de-comdirect', 'comdirect', { detail: 'COBADEHD' }),
  bank('de-hypovereinsbank', 'HypoVereinsbank', { detail: 'HYVEDEMM' }),
  bank('de-trellis-test-bank', 'Trellis Test Bank', { test: true }),
];

export function chooseBankProps(frame: MerchantFrame): ChooseBankProps {
  return {
    frame,
    csrf,
    search: {
      action: '/choose-bank',
      keep: {},
      term: '',
      market: 'DE',
      markets: ['AT', 'BE', 'DE', 'ES', 'FI', 'FR', 'GB', 'IE', 'IT', 'LT', 'NL', 'PL', 'PT', 'SE', 'SK'],
    },
    chooseAction: '/flow/bank',
    cancelAction: '/flow/cancel',
    remembered: [],
    list: { kind: 'popular', banks: twelveBanks },
  };
}

export function consentProps(frame: MerchantFrame): ConsentProps {
  return {
    frame,
    csrf,
    agreeAction: '/flow/agree',
    declineAction: '/flow/cancel',
    otherBankAction: '/flow/other-bank',
    bank: { id: 'de-trellis-test-bank', name: 'Trellis Test Bank', health: 'good' },
    permissions: ['identity', 'balances', 'transactions'],
    transactionsFrom: new Date('2025-08-24T00:00:00Z'),
    access: { kind: 'once' },
    reader: { kind: 'licensed', name: 'Beispiel Kontodienste GmbH', registration: 'BaFin 123456' },
  };
}

const returnUrl = 'https://nordlicht.example/return?referenceId=1&data-session-id=2&success=true';

const choosing: readonly PageCase[] = [
  { name: 'choose-bank', render: (frame) => renderPage(ChooseBank, chooseBankProps(frame)) },
  {
    name: 'choose-bank-remembered',
    render: (frame) =>
      renderPage(ChooseBank, {
        ...chooseBankProps(frame),
        remembered: [bank('de-ing', 'ING', { detail: 'INGDDEFF' })],
      }),
  },
  {
    name: 'choose-bank-results',
    render: (frame) => {
      const props = chooseBankProps(frame);
      const list = {
        kind: 'results',
        banks: twelveBanks.slice(0, 3),
        more: true,
        showAllHref: '/choose-bank',
      } as const;
      return renderPage(ChooseBank, { ...props, search: { ...props.search, term: 'bank' }, list });
    },
  },
  {
    name: 'choose-bank-empty',
    render: (frame) => {
      const props = chooseBankProps(frame);
      const list = { kind: 'results', banks: [], more: false, showAllHref: '/choose-bank' } as const;
      return renderPage(ChooseBank, { ...props, search: { ...props.search, term: 'Sparkase Humbug' }, list });
    },
  },
  {
    name: 'choose-bank-none',
    render: (frame) => {
      const props = chooseBankProps(frame);
      return renderPage(ChooseBank, {
        ...props,
        search: { ...props.search, market: null, markets: [] },
        list: { kind: 'popular', banks: [] },
      });
    },
  },
  {
    name: 'choose-bank-not-connected',
    render: (frame) => {
      const props = chooseBankProps(frame);
      const list = {
        kind: 'results',
        banks: [],
        more: false,
        showAllHref: '/choose-bank',
        notConnected: 'Sparkasse Oberland',
      } as const;
      return renderPage(ChooseBank, { ...props, search: { ...props.search, term: 'DE89 7035 1030' }, list });
    },
  },
  {
    name: 'choose-bank-members',
    render: (frame) => {
      const banks = ['Köln Bonn', 'Hannover', 'Nürnberg', 'Mittelfranken-Süd'].map((town) =>
        bank(`de-sparkasse-${town}`, `Sparkasse ${town}`, { detail: town }),
      );
      const list = { kind: 'members', group: 'Sparkasse', banks, allHref: '/choose-bank' } as const;
      return renderPage(ChooseBank, { ...chooseBankProps(frame), list });
    },
  },
];

const agreeing: readonly PageCase[] = [
  { name: 'consent-once', render: (frame) => renderPage(Consent, consentProps(frame)) },
  {
    name: 'consent-until',
    render: (frame) =>
      renderPage(Consent, {
        ...consentProps(frame),
        bank: { id: 'at-rlb-noe', name: longName, health: 'down' },
        access: { kind: 'until', until: new Date('2026-05-21T00:00:00Z') },
        purpose: 'To suggest the tariff that fits your monthly budget.',
      }),
  },
  {
    name: 'consent-renewal',
    render: (frame) =>
      renderPage(Consent, {
        ...consentProps(frame),
        access: { kind: 'until', until: new Date('2026-05-21T00:00:00Z') },
        renewal: { bankName: 'Trellis Test Bank', until: new Date('2025-12-03T00:00:00Z') },
      }),
  },
  {
    name: 'consent-trial',
    render: (frame) =>
      renderPage(Consent, {
        ...consentProps(frame),
        otherBankAction: undefined,
        permissions: ['identity'],
        reader: { kind: 'trial', name: 'Trellis Sandbox' },
      }),
  },
];

const returnedStates: readonly ReturnedState[] = [
  'released',
  'ended',
  'wrong-codes',
  'too-late',
  'elsewhere',
];

const passing: readonly PageCase[] = [
  {
    name: 'waiting-contacting-bank',
    render: (frame) =>
      renderPage(Waiting, {
        frame,
        reason: 'contacting-bank',
        bankName: 'Trellis Test Bank',
        againUrl: '/waiting',
        askEverySeconds: 600,
      }),
  },
  {
    name: 'waiting-finishing',
    render: (frame) =>
      renderPage(Waiting, {
        frame,
        reason: 'finishing',
        bankName: longName,
        againUrl: '/waiting',
        askEverySeconds: 600,
      }),
  },
  {
    name: 'release',
    render: (frame) =>
      renderPage(Release, {
        frame,
        csrf,
        tryAgainAction: '/flow/agree',
        cancelAction: '/flow/cancel',
        bankName: 'Trellis Test Bank',
        code: '482170',
        now,
        expiresAt: later,
        againUrl: '/release',
        askEverySeconds: 600,
      }),
  },
  ...([undefined, { kind: 'malformed' }, { kind: 'wrong', triesLeft: 3 }] as const).map((problem) => ({
    name: problem === undefined ? 'release-code' : `release-code-${problem.kind}`,
    render: (frame: MerchantFrame) =>
      renderPage(ReleaseCode, {
        frame,
        csrf,
        releaseAction: '/flow/code',
        disownAction: '/flow/not-me',
        bankName: 'Trellis Test Bank',
        now,
        expiresAt: later,
        problem,
      }),
  })),
  ...returnedStates.map((state) => ({
    name: `returned-${state}`,
    render: (frame: MerchantFrame) => renderPage(Returned, { frame, bankName: 'Trellis Test Bank', state }),
  })),
  {
    name: 'moved',
    render: (frame) => renderPage(Moved, { frame, takeOver: { action: '/flow/take-over', csrf } }),
  },
];

const failureReasons: readonly FailureReason[] = [
  'bank-down',
  'bank-refused',
  'cancelled-at-bank',
  'timed-out',
  'interrupted',
  'wrong-codes',
  'not-let-in',
  'no-accounts',
  'internal',
];

const failing: readonly PageCase[] = failureReasons.map((reason) => ({
  name: `failed-${reason}`,
  render: (frame) =>
    renderPage(Failed, {
      frame,
      csrf,
      reason,
      bankName: reason === 'bank-refused' ? longName : 'Trellis Test Bank',
      tryAgainAction: reason === 'bank-refused' ? undefined : '/flow/again',
      otherBankAction: '/flow/other-bank',
      back: { kind: 'cancel', action: '/flow/cancel' },
    }),
}));

const outcomes: readonly Outcome[] = ['pending', 'done', 'failed', 'cancelled', 'expired'];

const ending: readonly PageCase[] = [
  ...outcomes.map((outcome) => ({
    name: `ended-${outcome}`,
    render: (frame: MerchantFrame) =>
      renderPage(Ended, { frame, outcome, returnUrl, againUrl: '/ended-pending' }),
  })),
  {
    name: 'stray-return',
    render: (frame) => renderPage(StrayReturn, { frame, continueUrl: '/flow/shop/1' }),
  },
  { name: 'link-used', render: (frame) => renderPage(LinkUsed, { frame }) },
  {
    name: 'unknown-link',
    render: (frame) => renderPage(UnknownLink, { frame: { ...frame, merchant: undefined } }),
  },
  {
    name: 'fault-unexpected',
    render: (frame) =>
      renderPage(Fault, { frame, fault: { kind: 'unexpected' }, retryUrl: '/flow', requestId: 'req_8f2c41' }),
  },
  {
    name: 'fault-forbidden',
    render: (frame) =>
      renderPage(Fault, { frame, fault: { kind: 'forbidden' }, retryUrl: '/flow', requestId: 'req_8f2c41' }),
  },
  {
    name: 'fault-too-many',
    render: (frame) =>
      renderPage(Fault, {
        frame,
        fault: { kind: 'too-many', retryAfterSeconds: 30 },
        requestId: 'req_8f2c41',
      }),
  },
];

export interface LeavingPageCase extends PageCase {
  /** `url` is where it leaves for; by default an address of nowhere. */
  render(frame: MerchantFrame, url?: string): string;
}

/** Pages that leave at once: a test of the others must not be carried away by them. */
export const leavingPages: readonly LeavingPageCase[] = [
  {
    name: 'hand-over-bank',
    render: (frame, url = 'https://bank.example/authorise?state=a&scope=b') =>
      renderPage(HandOver, { frame, url, to: { kind: 'bank', bankName: longName } }),
  },
  ...outcomes.map((outcome) => ({
    name: `hand-over-merchant-${outcome}`,
    render: (frame: MerchantFrame, url = returnUrl) =>
      renderPage(HandOver, { frame, url, to: { kind: 'merchant', outcome } }),
  })),
];

/** Every page that stays. */
export const pages: readonly PageCase[] = [
  ...choosing,
  ...agreeing,
  ...authorising,
  ...passing,
  ...failing,
  ...ending,
];

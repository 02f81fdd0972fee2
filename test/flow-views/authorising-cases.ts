import { Approve } from '../../src/flow/views/approve.tsx';
import { iconAsset } from '../../src/flow/views/assets.ts';
import { BankForm, type BankFormProps, type FieldEntry } from '../../src/flow/views/bank-form.tsx';
import type { MerchantFrame } from '../../src/flow/views/layout.tsx';
import { renderPage } from '../../src/flow/views/render-page.ts';
import { csrf, later, longName, now, type PageCase } from './page-case.ts';

function formProps(frame: MerchantFrame, more: Partial<BankFormProps> = {}): BankFormProps {
  return {
    frame,
    csrf,
    asked: '01890a5d-ac96-774b-bcce-b302099a8058.2',
    bankName: 'Trellis Embedded Bank',
    operatorName: 'Beispiel Kontodienste GmbH',
    purpose: 'credentials',
    fields: [],
    challenge: { data: [] },
    now,
    expiresAt: later,
    answerAction: '/flow/answer',
    againAction: '/flow/again',
    otherBankAction: '/flow/other-bank',
    cancelAction: '/flow/cancel',
    ...more,
  };
}

function field(input: string, label: FieldEntry['label'], more: Partial<FieldEntry> = {}): FieldEntry {
  const base = { name: label, type: 'text', characters: 'any', maxLength: 50, secret: false } as const;
  return { ...base, input, label, value: '', ...more };
}

const password = field('field-1', 'password', { type: 'password', secret: true });
const code = field('field-0', 'code', { characters: 'digits', maxLength: 6, secret: true });
const methods = field('field-0', 'method', {
  type: 'choice',
  options: [
    { value: '1', text: 'SMS an +49 170 ••••• 42' },
    { value: '2', text: 'photoTAN mit dem Lesegerät' },
    { value: '3', text: `pushTAN in der App der ${longName}` },
  ],
});
/** A picture of our own: these pages are looked at without the rest of the server. */
const picture = { url: iconAsset.path, size: undefined };

const askedBy: Readonly<Record<string, Partial<BankFormProps>>> = {
  accounts: {
    purpose: 'accounts',
    fields: [
      field('field-0', 'iban', { value: 'DE89 3704 0044 0532 0130 01', fault: { kind: 'rejected' } }),
      ...[1, 2, 3, 4].map((at) => field(`field-${at}`, 'further-iban', { optional: true })),
    ],
  },
  'bank-details': {
    purpose: 'bank-details',
    fields: [
      field('field-0', 'user-name'),
      field('field-1', 'login-kind', {
        type: 'choice',
        options: ['Privatkunde', 'Geschäftskunde'].map((text) => ({ value: text, text })),
        value: 'Privatkunde',
      }),
      field('field-2', 'corporate-id', { optional: true }),
    ],
  },
  'bank-details-unknown': {
    purpose: 'bank-details',
    bankName: longName,
    fields: [
      field('field-0', 'customer-number', {
        characters: 'digits',
        value: '4711',
        hint: 'Zehn Ziffern, steht auf Ihrer Karte.',
        fault: { kind: 'rejected' },
      }),
    ],
  },
  credentials: { fields: [field('field-0', 'user-name'), password] },
  'credentials-wrong': {
    otherBankAction: undefined,
    fields: [
      field('field-0', 'account-number', { value: 'ada' }),
      { ...password, label: 'pin', characters: 'digits', fault: { kind: 'rejected', triesLeft: 2 } },
    ],
  },
  'choose-method': { purpose: 'choose-method', fields: [methods] },
  'choose-method-none': { purpose: 'choose-method', fields: [{ ...methods, fault: { kind: 'not-chosen' } }] },
  'second-factor': {
    purpose: 'second-factor',
    fields: [code],
    challenge: { text: 'Wir haben Ihnen eine SMS an +49 170 ••••• 42 geschickt.', data: [] },
  },
  'second-factor-picture': {
    purpose: 'second-factor',
    fields: [code],
    challenge: { text: 'Bitte scannen Sie die farbige Grafik.', data: [], picture },
  },
  'second-factor-wrong': {
    purpose: 'second-factor',
    fields: [{ ...code, fault: { kind: 'rejected', triesLeft: 1 } }],
    challenge: { data: ['Startcode 8712 3456', 'IBAN DE12 5001 0517 0648 4898 90'] },
  },
};

/** What a bank asks on our pages, or in its app. */
export const authorising: readonly PageCase[] = [
  ...Object.entries(askedBy).map(([name, props]) => ({
    name: `form-${name}`,
    render: (frame: MerchantFrame) => renderPage(BankForm, formProps(frame, props)),
  })),
  ...[
    { name: 'approve', message: 'Bitte geben Sie den Zugriff in der App frei.', code: '482170' },
    { name: 'approve-word', code: 'Blauer Elefant', bankName: longName },
    { name: 'approve-plain', otherBankAction: undefined },
  ].map(({ name, ...props }) => ({
    name,
    render: (frame: MerchantFrame) =>
      renderPage(Approve, {
        frame,
        csrf,
        bankName: 'Trellis Decoupled Bank',
        now,
        expiresAt: later,
        againUrl: '/approve',
        askEverySeconds: 600,
        againAction: '/flow/again',
        otherBankAction: '/flow/other-bank',
        cancelAction: '/flow/cancel',
        ...props,
      }),
  })),
];

import type { Locale } from '../visits/visit.ts';
import type { MethodKey } from './method-key.ts';

/** What the TPP shows the PSU in the bank's name, in one language. */
export interface ScaTexts {
  readonly methods: Readonly<Record<MethodKey, { readonly name: string; readonly explanation: string }>>;
  /** Of a code that the PSU is to type. */
  readonly challenges: Readonly<Record<Exclude<MethodKey, 'app'>, (app: string) => string>>;
  readonly approve: (app: string) => string;
}

const en: ScaTexts = {
  methods: {
    sms: { name: 'SMS to +49 170 xxxxx 28', explanation: 'A code comes by text message.' },
    chip: { name: 'Card reader', explanation: 'Your card reader turns a start code into a code.' },
    photo: { name: 'photoTAN', explanation: 'You photograph a picture that holds the code.' },
    push: { name: 'Code in the app', explanation: 'The app shows you a code.' },
    app: { name: 'Approval in the app', explanation: 'The app asks you; there is no code to type in.' },
  },
  challenges: {
    sms: (app) => `The code is in the text message on your phone: ${app}`,
    chip: () => 'Your card reader shows the start code backwards.',
    photo: () => 'The code is the number in the middle of the picture.',
    push: (app) => `The code is in your app: ${app}`,
  },
  approve: (app) => `Please approve the request in your app: ${app}`,
};

const de: ScaTexts = {
  methods: {
    sms: { name: 'SMS an +49 170 xxxxx 28', explanation: 'Ein Code kommt als Kurznachricht.' },
    chip: { name: 'Kartenleser', explanation: 'Ihr Kartenleser macht aus einem Startcode einen Code.' },
    photo: { name: 'photoTAN', explanation: 'Sie fotografieren ein Bild, in dem der Code steckt.' },
    push: { name: 'Code in der App', explanation: 'Die App zeigt Ihnen einen Code.' },
    app: { name: 'Freigabe in der App', explanation: 'Die App fragt Sie; es ist kein Code einzugeben.' },
  },
  challenges: {
    sms: (app) => `Der Code steht in der Kurznachricht auf Ihrem Telefon: ${app}`,
    chip: () => 'Ihr Kartenleser zeigt den Startcode rückwärts.',
    photo: () => 'Der Code ist die Zahl in der Mitte des Bildes.',
    push: (app) => `Der Code steht in Ihrer App: ${app}`,
  },
  approve: (app) => `Bitte geben Sie die Anfrage in Ihrer App frei: ${app}`,
};

const byLocale: Readonly<Record<Locale, ScaTexts>> = { en, de };

export function scaTextsIn(locale: Locale): ScaTexts {
  return byLocale[locale];
}

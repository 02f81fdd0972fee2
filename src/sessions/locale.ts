/** The locales of the API contract, field `locale`: languages of the hosted flow. */
export const locales = ['de', 'en', 'nl', 'fr', 'es', 'fi', 'it', 'pt', 'sv', 'pl', 'sk', 'lt'] as const;

export type Locale = (typeof locales)[number];

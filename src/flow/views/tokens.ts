/** The palette. One value per theme; the stylesheet knows these names and no other colour. */
export type Theme = 'light' | 'dark';

export interface Palette {
  readonly paper: string;
  readonly card: string;
  readonly ink: string;
  /** Secondary text: at least 4.5:1 on paper, card and accent-soft. */
  readonly soft: string;
  readonly line: string;
  /** The border of a field: at least 3:1 on card (WCAG 2.2, 1.4.11). */
  readonly field: string;
  readonly accent: string;
  readonly 'accent-text': string;
  readonly 'accent-soft': string;
  readonly warn: string;
  readonly 'warn-soft': string;
  readonly focus: string;
}

export const palettes: Readonly<Record<Theme, Palette>> = {
  light: {
    paper: '#fbfaf6',
    card: '#ffffff',
    ink: '#16201b',
    soft: '#535f58',
    line: '#e3e4dd',
    field: '#7f8a83',
    accent: '#1f5d43',
    'accent-text': '#ffffff',
    'accent-soft': '#e8f0eb',
    warn: '#884a08',
    'warn-soft': '#fcf1e0',
    focus: '#1d5fd1',
  },
  dark: {
    paper: '#101512',
    card: '#191f1b',
    ink: '#eff3ef',
    soft: '#a8b2ab',
    line: '#2e3631',
    field: '#78847c',
    accent: '#7fd1a7',
    'accent-text': '#0b130f',
    'accent-soft': '#1c2a23',
    warn: '#f2b774',
    'warn-soft': '#2c2214',
    focus: '#8fb8ff',
  },
};

/**
 * Grounds for monograms: one lightness and little chroma in OKLCH, twelve hues, so that a list of them stays calm. White
 * letters on each have at least 4.5:1.
 */
export const monogramColours = [
  '#2b61a3',
  '#3d6d48',
  '#60539c',
  '#964430',
  '#0e6e72',
  '#87447a',
  '#7d581e',
  '#266985',
  '#5b6730',
  '#455aa7',
  '#954051',
  '#216f5e',
] as const;

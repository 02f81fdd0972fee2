import type { Bank } from '../../bank.ts';
import { type Persona, personas } from '../../personas/persona.ts';
import type { Texts } from '../texts/texts.ts';
import { Layout } from './layout.tsx';

export interface LoginViewProps {
  readonly texts: Texts;
  readonly bank: Bank;
  /** The TPP as the PSU knows it. */
  readonly tpp: string;
  readonly path: string;
  readonly switchPath: string;
  /** What was wrong with the last try, and the user name that was typed. */
  readonly rejected?: { readonly field: 'userName' | 'password'; readonly userName: string } | undefined;
}

/** The password that the one-tap buttons send: any would do. */
const oneTapPassword = 'any';

export function LoginView({ texts, bank, tpp, path, switchPath, rejected }: LoginViewProps) {
  return (
    <Layout texts={texts} bank={bank} title={texts.login.title} switchPath={switchPath}>
      <h1>{texts.login.title}</h1>
      <p class="lead">{texts.login.lead(tpp)}</p>
      <form method="post" action={path} class="card" aria-label={texts.login.customers}>
        <input type="hidden" name="password" value={oneTapPassword} />
        <Personas those={personas.filter((each) => !each.isSpecial)} texts={texts} />
        <details class="special">
          <summary>{texts.login.special}</summary>
          <Personas those={personas.filter((each) => each.isSpecial)} texts={texts} />
        </details>
      </form>
      <ByHand texts={texts} path={path} rejected={rejected} />
      <form method="post" action={path}>
        <button type="submit" class="quiet" name="decision" value="cancel">
          {texts.login.cancel(tpp)}
        </button>
      </form>
    </Layout>
  );
}

function Personas({ those, texts }: { readonly those: readonly Persona[]; readonly texts: Texts }) {
  return (
    <ul class="rows">
      {those.map((persona) => (
        <PersonaRow
          key={persona.userName}
          persona={persona}
          hint={texts.login.hints[persona.userName] ?? ''}
        />
      ))}
    </ul>
  );
}

function PersonaRow({ persona, hint }: { readonly persona: Persona; readonly hint: string }) {
  return (
    <li>
      <button type="submit" class="row" name="userName" value={persona.userName}>
        <span class="avatar" aria-hidden="true">
          {initials(persona.name)}
        </span>
        <span class="row-text">
          <span class="row-title">{persona.name}</span>
          <span class="row-help">{hint}</span>
        </span>
        <code class="row-code">{persona.userName}</code>
      </button>
    </li>
  );
}

function ByHand({ texts, path, rejected }: Pick<LoginViewProps, 'texts' | 'path' | 'rejected'>) {
  const { login } = texts;
  const wrongName = rejected?.field === 'userName' ? login.unknownUserName : undefined;
  const wrongPassword = rejected?.field === 'password' ? login.missingPassword : undefined;
  return (
    <details class="by-hand" open={rejected !== undefined}>
      <summary>{login.byHand}</summary>
      <form method="post" action={path} class="card fields">
        <Field name="userName" label={login.userName} value={rejected?.userName} error={wrongName} />
        <Field name="password" label={login.password} help={login.anyPassword} error={wrongPassword} />
        <button type="submit" class="primary">
          {login.submit}
        </button>
      </form>
    </details>
  );
}

interface FieldProps {
  readonly name: 'userName' | 'password';
  readonly label: string;
  readonly value?: string | undefined;
  readonly help?: string;
  readonly error?: string | undefined;
}

function Field({ name, label, value, help, error }: FieldProps) {
  const description = error ?? help;
  const attributes = {
    id: name,
    name,
    value: value ?? '',
    autocomplete: 'off',
    autocapitalize: 'none',
    spellcheck: false,
    maxLength: 64,
    'aria-invalid': error !== undefined,
    ...(description !== undefined && { 'aria-describedby': `${name}-help` }),
  } as const;
  return (
    <p class="field">
      <label for={name}>{label}</label>
      {name === 'password' ? (
        <input {...attributes} type="password" />
      ) : (
        <input {...attributes} type="text" />
      )}
      {description !== undefined && (
        <span id={`${name}-help`} class={error === undefined ? 'help' : 'help error'}>
          {description}
        </span>
      )}
    </p>
  );
}

/** Of the first two words that begin with a letter. */
function initials(name: string): string {
  const letters = name.split(' ').map((word) => word.slice(0, 1));
  return letters
    .filter((letter) => /\p{L}/u.test(letter))
    .slice(0, 2)
    .join('');
}

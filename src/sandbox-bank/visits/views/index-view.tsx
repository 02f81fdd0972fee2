import { appPath, servicePath } from '../../addresses.ts';
import { type Bank, versionOf } from '../../bank.ts';
import { banks } from '../../banks.ts';
import { personas } from '../../personas/persona.ts';
import type { Texts } from '../texts/texts.ts';
import { Layout } from './layout.tsx';

/** What answers at the root: which banks there are, and who may sign in. */
export function IndexView({ texts }: { readonly texts: Texts }) {
  return (
    <Layout texts={texts} title="Trellis sandbox banks">
      <h1>Sandbox banks</h1>
      <p class="lead">
        Banks for trying out Trellis. They speak the Berlin Group’s XS2A 1.3 and begin with a consent, so
        there is nothing to click here: start a session and choose one of them.
      </p>
      <a class="quiet" href={appPath}>
        {texts.phone.title}
      </a>
      <section class="card">
        <h2>Banks</h2>
        <Banks those={banks.filter((bank) => bank.forNewcomers)} />
        <details class="special">
          <summary>Banks that do something differently</summary>
          <Banks those={banks.filter((bank) => !bank.forNewcomers)} />
        </details>
      </section>
      <section class="card">
        <h2>{texts.login.customers}</h2>
        <ul class="rows">
          {personas.map((persona) => (
            <li key={persona.userName} class="row">
              <span class="row-text">
                <span class="row-title">{persona.name}</span>
                <span class="row-help">{texts.login.hints[persona.userName]}</span>
              </span>
              <code class="row-code">{persona.userName}</code>
            </li>
          ))}
        </ul>
      </section>
    </Layout>
  );
}

function Banks({ those }: { readonly those: readonly Bank[] }) {
  return (
    <ul class="rows">
      {those.map((bank) => (
        <li key={bank.slug} class="row">
          <span class="row-text">
            <span class="row-title">{bank.name}</span>
            <span class="row-help">
              {servicePath(bank)}/{versionOf(bank)}
            </span>
          </span>
          <span class="row-side">{bank.country}</span>
        </li>
      ))}
    </ul>
  );
}

/** A field or button of a page as HTML has it. */
interface Control {
  readonly name: string;
  readonly value: string;
  readonly type: string;
  readonly checked: boolean;
}

interface Form {
  readonly action: string;
  readonly controls: readonly Control[];
}

const maxPages = 12;

/**
 * A person with a browser without script: opens the bank's page, fills in the fields he knows, presses the
 * button he means, and follows wherever that leads, until the address is no longer the bank's. Knows
 * nothing of the bank's paths.
 */
export class BankCustomer {
  readonly #cookies = new Map<string, string>();
  readonly #answers: Readonly<Record<string, string>>;
  readonly #presses: readonly string[];

  /** `answers`: what he types, by field name. `presses`: values of the buttons that he would press. */
  constructor(answers: Readonly<Record<string, string>>, presses: readonly string[]) {
    this.#answers = answers;
    this.#presses = presses;
  }

  /** The first address on the way that is not on the host of `from`. */
  async walk(from: string): Promise<URL> {
    const { host } = new URL(from);
    let next: { url: string; form?: URLSearchParams } = { url: from };
    for (let page = 0; page < maxPages; page += 1) {
      const url = new URL(next.url);
      if (url.host !== host) return url;
      next = await this.#see(next.url, next.form);
    }
    throw new Error(`still at the bank after ${maxPages} pages`);
  }

  async #see(url: string, form?: URLSearchParams): Promise<{ url: string; form?: URLSearchParams }> {
    const cookie = [...this.#cookies].map(([name, value]) => `${name}=${value}`).join('; ');
    const headers = { accept: 'text/html', ...(cookie !== '' && { cookie }) };
    const reply = await fetch(url, {
      redirect: 'manual',
      headers,
      ...(form && { method: 'POST', body: form }),
    });
    for (const line of reply.headers.getSetCookie()) {
      const [, name, value] = /^([^=]+)=([^;]*)/.exec(line) ?? [];
      if (name !== undefined) this.#cookies.set(name, value ?? '');
    }
    const location = reply.headers.get('location');
    if (reply.status >= 300 && reply.status < 400 && location !== null)
      return { url: new URL(location, url).href };
    return this.#act(url, await reply.text(), reply.status);
  }

  #act(url: string, html: string, status: number): { url: string; form?: URLSearchParams } {
    const refresh = /http-equiv="refresh" content="0;\s*url=([^"]+)"/i.exec(html)?.[1];
    if (refresh !== undefined) return { url: new URL(text(refresh), url).href };
    for (const form of formsOf(html)) {
      const sent = this.#fillIn(form);
      if (sent !== undefined) return { url: new URL(form.action, url).href, form: sent };
    }
    throw new Error(`nothing to do on a page of status ${status}: ${html.slice(0, 200)}`);
  }

  /** The form as he would send it; undefined if it asks what he does not know. */
  #fillIn(form: Form): URLSearchParams | undefined {
    const typed = form.controls.filter(({ type }) => type === 'text' || type === 'password');
    if (typed.some(({ name }) => !(name in this.#answers))) return undefined;
    const button = form.controls.find(
      ({ type, value }) => type === 'submit' && this.#presses.includes(value),
    );
    if (typed.length === 0 && button === undefined) return undefined;
    const kept = form.controls.filter(
      ({ type, checked }) => type === 'hidden' || (type === 'checkbox' && checked),
    );
    return new URLSearchParams([
      ...kept.map(({ name, value }) => [name, value]),
      ...typed.map(({ name }) => [name, this.#answers[name] ?? '']),
      ...(button === undefined ? [] : [[button.name, button.value]]),
    ]);
  }
}

function formsOf(html: string): Form[] {
  return [...html.matchAll(/<form\b([^>]*)>([\s\S]*?)<\/form>/gi)].map(([, opening = '', inside = '']) => ({
    action: attribute(opening, 'action') ?? '',
    controls: [...inside.matchAll(/<(input|button)\b([^>]*)>/gi)].map(([, tag, rest = '']) => ({
      name: attribute(rest, 'name') ?? '',
      value: attribute(rest, 'value') ?? '',
      type: attribute(rest, 'type') ?? (tag === 'button' ? 'submit' : 'text'),
      checked: /\schecked\b/i.test(rest),
    })),
  }));
}

function attribute(tag: string, name: string): string | undefined {
  const value = new RegExp(`\\s${name}="([^"]*)"`, 'i').exec(tag)?.[1];
  return value === undefined ? undefined : text(value);
}

function text(html: string): string {
  return html
    .replaceAll('&quot;', '"')
    .replaceAll('&lt;', '<')
    .replaceAll('&#39;', "'")
    .replaceAll('&amp;', '&');
}

/** A page as the person's browser has it. */
export interface Page {
  readonly url: string;
  readonly status: number;
  readonly headers: Headers;
  readonly html: string;
}

/** A browser without script, as far as the bank's pages need one: cookies, redirects, forms, meta refresh. */
export class PsuBrowser {
  readonly #cookies: { name: string; value: string; path: string }[] = [];
  readonly #language: string;

  constructor(language = 'en-GB,en;q=0.8') {
    this.#language = language;
  }

  async open(url: string): Promise<Page> {
    return this.#go(url, { method: 'GET' });
  }

  /** Sends the form of the page that has the button `name=value`, with the fields given on top of its own. */
  async press(
    page: Page,
    name: string,
    value: string,
    fields: Readonly<Record<string, string[]>> = {},
  ): Promise<Page> {
    const form = [...page.html.matchAll(/<form .*?<\/form>/gs)]
      .map((match) => match[0])
      .find((html) => html.includes(`name="${name}" value="${value}"`));
    if (form === undefined) throw new Error(`no form with ${name}=${value} on ${page.url}:\n${page.html}`);
    const body = new URLSearchParams({ ...hiddenFields(form), [name]: value });
    for (const [field, values] of Object.entries(fields)) for (const each of values) body.append(field, each);
    return this.submit(page, body, /action="([^"]+)"/.exec(form)?.[1]);
  }

  async submit(page: Page, body: URLSearchParams, action = page.url): Promise<Page> {
    const headers = { 'content-type': 'application/x-www-form-urlencoded' };
    return this.#go(new URL(action, page.url).href, { method: 'POST', body: body.toString(), headers });
  }

  /** From the bank's door to its last page, as this persona. */
  async visit(url: string, userName: string, decision: 'confirm' | 'decline' = 'confirm'): Promise<Page> {
    const login = await this.open(url);
    const confirmation = await this.press(login, 'userName', userName);
    if (wayOut(confirmation) !== undefined) return confirmation;
    return this.press(confirmation, 'decision', decision, { account: tickedBoxes(confirmation) });
  }

  async #go(url: string, init: RequestInit): Promise<Page> {
    const headers = new Headers(init.headers);
    headers.set('accept-language', this.#language);
    headers.set('cookie', this.#cookieHeader(new URL(url).pathname));
    const response = await fetch(url, { ...init, headers, redirect: 'manual' });
    for (const cookie of response.headers.getSetCookie()) this.#keep(cookie);
    const location = response.headers.get('location');
    const html = await response.text();
    if (location === null || response.status !== 303) {
      return { url, status: response.status, headers: response.headers, html };
    }
    const target = new URL(location, url);
    // Away from the bank this browser does not follow: the callback is the test's to look at.
    if (target.origin !== new URL(url).origin)
      return { url: target.href, status: 303, headers: response.headers, html };
    return this.#go(target.href, { method: 'GET' });
  }

  #keep(setCookie: string): void {
    const [pair = '', ...attributes] = setCookie.split(';').map((part) => part.trim());
    const path = attributes.find((attribute) => attribute.startsWith('Path='))?.slice(5) ?? '/';
    const [name = '', value = ''] = pair.split('=');
    this.#cookies.push({ name, value, path });
  }

  #cookieHeader(path: string): string {
    const fitting = this.#cookies.filter((cookie) => path.startsWith(cookie.path));
    return fitting.map(({ name, value }) => `${name}=${value}`).join('; ');
  }
}

/** Where the hand-over page takes the browser; undefined on any other page. */
export function wayOut(page: Page): URL | undefined {
  const refresh = /<meta http-equiv="refresh" content="0;url=([^"]+)"/.exec(page.html)?.[1];
  return refresh === undefined ? undefined : new URL(unescaped(refresh));
}

export function tickedBoxes(page: Page): string[] {
  return [...page.html.matchAll(/<input type="checkbox" name="account" value="([^"]+)" checked/g)].map(
    (match) => match[1] ?? '',
  );
}

/** The words of a page, without its tags. */
export function textOf(page: Page): string {
  return unescaped(page.html.replaceAll(/<[^>]*>/g, ' ').replaceAll(/\s+/g, ' '));
}

function hiddenFields(form: string): Record<string, string> {
  const fields = form.matchAll(/<input type="hidden" name="([^"]+)" value="([^"]*)"/g);
  return Object.fromEntries([...fields].map((match) => [match[1] ?? '', unescaped(match[2] ?? '')]));
}

function unescaped(html: string): string {
  return html
    .replaceAll('&quot;', '"')
    .replaceAll('&lt;', '<')
    .replaceAll('&gt;', '>')
    .replaceAll('&amp;', '&');
}

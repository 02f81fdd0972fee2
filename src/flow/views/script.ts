import { contentHash } from './content-hash.ts';

/**
 * An enhancement and nothing more; each page works without it.
 * 1. A form is posted once, however often its button is pressed; a page that comes back from the cache is fresh.
 * 2. The list of banks follows the search field; of an IBAN only the part that names the bank is sent.
 * 3. A page that waits asks whether it is over, without reloading under a reader (WCAG 2.2, 2.2.1 and F41); what is the
 *    same as before is left alone, so that nothing is read out twice.
 * 4. A page that came back with a mistake puts the cursor into that field.
 * Inserts only nodes parsed from our own pages, in a document where no script runs.
 */
const source = `
(() => {
  const d = document, find = (s, root = d) => root.querySelector(s);
  const page = async (url, signal) => {
    const r = await fetch(url, { signal, redirect: 'manual' });
    if (r.status == 429 || r.status > 499) throw r;
    return r.ok && new DOMParser().parseFromString(await r.text(), 'text/html');
  };
  const renew = (next) =>
    next.querySelectorAll('[data-live]').forEach((e) => {
      const old = find('#' + e.id);
      old.isEqualNode(e) || old.replaceChildren(...e.childNodes);
    });

  let busy;
  const free = () => { busy?.removeAttribute('aria-busy'); busy = 0; };
  d.onsubmit = (e) => {
    if (e.target.method != 'post') return;
    if (busy) return e.preventDefault();
    busy = e.submitter || e.target;
    busy.setAttribute('aria-busy', true);
    setTimeout(free, 1e4);
  };
  onpageshow = free;

  const search = find('form[role=search]');
  if (search) {
    let timer, running;
    const go = async (leave) => {
      clearTimeout(timer);
      running?.abort();
      running = new AbortController();
      const data = new URLSearchParams(new FormData(search)), q = data.get('q').replace(/\\s/g, '');
      if (/^[a-z]{2}\\d\\d\\w{9}/i.test(q)) data.set('q', q.slice(0, 12));
      const url = search.action.split('?')[0] + '?' + data;
      try {
        const next = await page(url, running.signal);
        if (!next || !find('form[role=search]', next)) return location.assign(url);
        renew(next);
        history.replaceState(null, '', url);
      } catch (e) {
        if (leave && e.name != 'AbortError') location.assign(url);
      }
    };
    search.onsubmit = (e) => { e.preventDefault(); go(1); };
    search.q.oninput = () => { clearTimeout(timer); timer = setTimeout(go, 150); };
    search.market.onchange = () => go(1);
  }

  const { page: name, again, seconds } = find('main').dataset;
  if (again) {
    let timer;
    const wait = () => timer = setTimeout(ask, seconds * 1e3);
    const ask = async () => {
      clearTimeout(timer);
      try {
        const next = await page(again);
        if (!next || find('main', next).dataset.page != name) return location.replace(again);
        renew(next);
      } catch {}
      wait();
    };
    wait();
    d.onvisibilitychange = () => d.hidden || ask();
  }

  find('[aria-invalid]')?.focus();
})();
`;

export const script: string = source.replace(/\n\s*/g, '\n').trim();

export const scriptHash: string = contentHash(script);

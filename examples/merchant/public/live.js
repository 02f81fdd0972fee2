// Keeps the page up to date while it says `data-live`. The server tells that there is something new, never what:
// the page asks for itself again and changes only if it is in another state. Without script it reloads by itself.

const retryMs = 3_000;
let stream;

function follow() {
  if (!document.querySelector('main[data-live]')) return;
  stream = new EventSource('/deposit/live');
  stream.addEventListener('changed', update);
  stream.addEventListener('error', () => {
    // Refused: too many streams, or the shop knows this visitor no more. Otherwise it connects again by itself.
    if (stream.readyState === EventSource.CLOSED) setTimeout(() => location.reload(), retryMs);
  });
}

async function update() {
  const response = await fetch('/deposit', { redirect: 'error' }).catch(() => undefined);
  if (!response?.ok) return; // the next event tries again
  const next = new DOMParser().parseFromString(await response.text(), 'text/html');
  const [shown, fresh] = [document, next].map((page) => page.querySelector('main'));
  if (!shown || !fresh || shown.dataset.live === fresh.dataset.live) return;
  shown.replaceWith(fresh);
  document.title = next.title;
  document.body.dataset.mood = next.body.dataset.mood;
  document.querySelector('#news').textContent = fresh.querySelector('h1').textContent; // read aloud
  if (!('live' in fresh.dataset)) stream.close();
}

follow();

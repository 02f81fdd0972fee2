import { h, type VNode } from 'preact';
import { render } from 'preact-render-to-string';

/**
 * A whole HTML document of one page. Everything in `props` is escaped; no page inserts raw markup.
 * @example renderPage(Ended, { frame, outcome: 'done', returnUrl })
 */
export function renderPage<P extends object>(page: (props: P) => VNode, props: NoInfer<P>): string {
  return `<!doctype html>${render(h(page, props))}`;
}

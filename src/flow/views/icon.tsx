import type { VNode } from 'preact';

const paths = {
  search: 'M11 18a7 7 0 1 0 0-14 7 7 0 0 0 0 14Zm9 2-4-4',
  tick: 'm5 13 4.5 4.5L19 7',
  alert: 'M12 7v6m0 4v.01M12 22a10 10 0 1 0 0-20 10 10 0 0 0 0 20Z',
  lock: 'M7 11V8a5 5 0 0 1 10 0v3M6 11h12v9H6z',
  clock: 'M12 7v5l3 2m-3 8a10 10 0 1 0 0-20 10 10 0 0 0 0 20Z',
  stop: 'm6 6 12 12m0-12L6 18',
  back: 'M19 12H5l6-6m0 12-6-6',
  swap: 'M5 9h14l-4-4m4 10H5l4 4',
} as const;

export type IconName = keyof typeof paths;

/** A drawing beside words that say the same; nothing for a screen reader. */
export function Icon({ name }: { readonly name: IconName }): VNode {
  return (
    <svg viewBox="0 0 24 24" width="24" height="24" aria-hidden="true">
      <path d={paths[name]} />
    </svg>
  );
}

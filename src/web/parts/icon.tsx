/** Outlines on a grid of 24. All of them stand beside words, so nobody reads them out. */
const paths = {
  check: 'M4.5 12.5l5 5 10-11',
  clock: 'M12 3.5a8.5 8.5 0 1 0 0 17 8.5 8.5 0 0 0 0-17zM12 7.5v5l3.5 2',
  alert: 'M12 3.5l9 16.5H3zM12 10v4.5M12 17.2v.3',
  question:
    'M12 3.5a8.5 8.5 0 1 0 0 17 8.5 8.5 0 0 0 0-17zM9.6 9.6a2.5 2.5 0 1 1 3.6 2.2c-.8.4-1.2 1-1.2 1.9M12 16.6v.2',
  refused: 'M12 3.5a8.5 8.5 0 1 0 0 17 8.5 8.5 0 0 0 0-17zM9 9l6 6M15 9l-6 6',
  offline: 'M3 3l18 18M8.5 6.2A6 6 0 0 1 18 10a4.5 4.5 0 0 1 2.6 7.6M16.5 19H7a4.5 4.5 0 0 1-.8-8.9',
  none: 'M7 12h10',
  back: 'M15 5l-7 7 7 7',
  search: 'M10.5 4a6.5 6.5 0 1 0 0 13 6.5 6.5 0 0 0 0-13zM15.5 15.5L20.5 20.5',
  close: 'M6 6l12 12M18 6L6 18',
  minus: 'M5 12h14',
  plus: 'M12 5v14M5 12h14',
  undo: 'M9 6L4.5 10.5 9 15M4.5 10.5H14a5.5 5.5 0 0 1 0 11h-3',
  list: 'M4 6.5h16M4 12h16M4 17.5h10',
  person: 'M12 4a4 4 0 1 0 0 8 4 4 0 0 0 0-8zM4.5 20.5c.8-4 3.8-6 7.5-6s6.7 2 7.5 6',
  review: 'M5 4h14v16H5zM8.5 9h7M8.5 13h7M8.5 17h3.5',
  settings: 'M4 7h9M17 7h3M4 17h3M11 17h9M15 4.5v5M9 14.5v5',
  box: 'M4 8l8-4 8 4v8.5l-8 4-8-4zM4 8l8 4 8-4M12 12v8.5',
  erase: 'M9 5.5h11v13H9L3.5 12zM12 9.5l5 5M17 9.5l-5 5',
  camera: 'M4 8h3.5L9 5.5h6L16.5 8H20v11H4zM12 10.5a3 3 0 1 0 0 6 3 3 0 0 0 0-6z',
  scan: 'M4 8V4.5h3.5M16.5 4.5H20V8M20 16v3.5h-3.5M7.5 19.5H4V16M8 8.5v7M11 8.5v7M13.5 8.5v7M16 8.5v7',
} as const;

export type IconName = keyof typeof paths;

/** Those that point somewhere turn round with the direction of the text. */
const pointing: readonly IconName[] = ['back', 'undo', 'list'];

export function Icon({ name }: { readonly name: IconName }) {
  return (
    <svg class={pointing.includes(name) ? 'icon pointing' : 'icon'} viewBox="0 0 24 24" aria-hidden="true">
      <path d={paths[name]} />
    </svg>
  );
}

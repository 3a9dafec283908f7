/** Line drawings of 24 by 24, in the colour of the text around them. They stand beside words and are hidden from screen readers. */
const DRAWINGS = {
  line: 'M3 6h18M3 12h18M3 18h18M8 4v4M15 10v4M10 16v4',
  machine: 'M4 20V10l6 4v-4l6 4V4h4v16zM8 17h0M12 17h0M16 17h0',
  connect: 'M9 3v5M15 3v5M6 8h12v3a6 6 0 0 1-12 0zM12 17v4',
  edit: 'M4 20l1-4L16 5l3 3L8 19zM14 7l3 3',
  'what-if': 'M4 12a8 8 0 1 0 2.5-5.800M4 4v5h5M12 8v4l3 2',
  scanners: 'M4 5v14M8 5v14M11 5v14M15 5v14M17 5v14M20 5v14',
  delivery: 'M12 15V3M7 8l5-5 5 5M4 14v6h16v-6',
  troubles: 'M12 4L2.5 20h19zM12 10v4M12 17v0',
  users:
    'M9 11a3.5 3.5 0 1 0 0-7 3.5 3.5 0 0 0 0 7zM3 20c0-4 2.5-6 6-6s6 2 6 6M16 5a3 3 0 0 1 0 6M18 14c2 .8 3 3 3 6',
  audit: 'M6 3h12v18H6zM9 8h6M9 12h6M9 16h4',
  key: 'M15 9a4 4 0 1 0-4 4l-1 1v2H8v2H6v2H3v-3l5-5',
  more: 'M4 12h2M11 12h2M18 12h2',
  close: 'M6 6l12 12M18 6L6 18',
  down: 'M6 9l6 6 6-6',
  question: 'M9 9a3 3 0 1 1 4 3c-1 .5-1 1-1 2M12 18v0',
  right: 'M9 6l6 6-6 6',
  left: 'M15 6l-6 6 6 6',
  plus: 'M12 5v14M5 12h14',
  minus: 'M5 12h14',
  check: 'M5 12l5 5 9-10',
  search: 'M11 18a7 7 0 1 0 0-14 7 7 0 0 0 0 14zM16 16l5 5',
  print: 'M7 9V3h10v6M7 18H4v-8h16v8h-3M7 14h10v7H7z',
  copy: 'M8 8h12v12H8zM4 16V4h12',
  download: 'M12 3v12M7 10l5 5 5-5M4 16v4h16v-4',
  again: 'M20 12a8 8 0 1 1-2.5-5.800M20 4v5h-5',
  out: 'M14 4H5v16h9M10 12h11M17 8l4 4-4 4',
  play: 'M7 4l13 8-13 8z',
  stop: 'M6 6h12v12H6z',
  language:
    'M12 21a9 9 0 1 0 0-18 9 9 0 0 0 0 18zM3 12h18M12 3c3 3 3.5 6 3.5 9s-.5 6-3.5 9c-3-3-3.5-6-3.5-9s.5-6 3.5-9',
  user: 'M12 11a4 4 0 1 0 0-8 4 4 0 0 0 0 8zM4 21c0-5 3-7 8-7s8 2 8 7',
} as const

export type IconName = keyof typeof DRAWINGS

export function Icon({ name }: { readonly name: IconName }) {
  return (
    <svg class="icon" viewBox="0 0 24 24" aria-hidden="true" focusable="false">
      <path d={DRAWINGS[name]} />
    </svg>
  )
}

/** Line drawings for the tools of the viewer; the name is always beside or under them in words. */

const PATHS = {
  WindowLevel: (
    <>
      <circle cx="8" cy="8" r="5.5" />
      <path d="M8 2.5a5.5 5.5 0 0 1 0 11z" fill="currentColor" />
    </>
  ),
  Zoom: (
    <>
      <circle cx="7" cy="7" r="4.5" />
      <path d="M10.4 10.4L14 14M5 7h4M7 5v4" />
    </>
  ),
  Pan: <path d="M8 1.8v12.4M1.8 8h12.4M6 3.6l2-2 2 2M6 12.4l2 2 2-2M3.6 6l-2 2 2 2M12.4 6l2 2-2 2" />,
  Length: <path d="M2.5 13.5l11-11M1 12l3 3M12 1l3 3" />,
  EllipticalROI: <ellipse cx="8" cy="8" rx="6.3" ry="4.3" strokeDasharray="2.6 2" />,
  invert: (
    <>
      <rect x="2.5" y="2.5" width="11" height="11" rx="1.5" />
      <path d="M2.5 13.5v-11h5.5v11z" fill="currentColor" />
    </>
  ),
  reset: <path d="M3 8a5 5 0 1 0 1.6-3.7M4.4 1.6v3h3" />,
  link: <path d="M6.5 9.5l3-3M7 4.6l1.3-1.3a3 3 0 0 1 4.3 4.3L11.3 9M9 11.4l-1.3 1.3a3 3 0 0 1-4.3-4.3L4.7 7" />,
  layout: (
    <>
      <rect x="1.8" y="3" width="12.4" height="10" rx="1.2" />
      <path d="M8 3v10" />
    </>
  ),
} as const

export type IconName = keyof typeof PATHS

export function Icon({ name }: { name: IconName }) {
  return (
    <svg
      className="icon"
      viewBox="0 0 16 16"
      width="16"
      height="16"
      fill="none"
      stroke="currentColor"
      strokeWidth="1.4"
      strokeLinecap="round"
      strokeLinejoin="round"
      aria-hidden
    >
      {PATHS[name]}
    </svg>
  )
}
